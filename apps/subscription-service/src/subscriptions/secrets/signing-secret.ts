import { sealingScope, type Sealer, type SecretOwner } from '@hooklane/core/secrets'
import { newSigningSecret } from '@hooklane/core/delivery'
import { newId } from '@hooklane/core/kernel'
import { SubscriptionSecretEntity } from '@hooklane/postgres/tenancy'

/**
 * How long deliveries are signed with both the previous secret and the new one. Too short: receivers that still use the previous secret
 * reject requests. Too long: a leaked secret stays valid for longer.
 */
export const ROTATION_OVERLAP_MS = 24 * 3_600_000

export interface NewSecret {
  /** `whsec_<base64 of 32 random bytes>`: shown once. */
  readonly text: string
  readonly row: SubscriptionSecretEntity
}

/** Generates a signing secret for a subscription. The row holds the sealed secret. */
export function createSigningSecret(owner: SecretOwner, sealer: Sealer, now: Date): NewSecret {
  const text = newSigningSecret()
  const row = Object.assign(new SubscriptionSecretEntity(), {
    ...owner,
    id: newId('sec'),
    sealed: sealer.seal(text, sealingScope(owner, 'secret')),
    createdAt: now,
    validUntil: null,
  })
  return { text, row }
}
