import { sealingScope, type Sealer, type SecretOwner } from '@hooklane/core/access'
import { newId } from '@hooklane/core/kernel'
import { SubscriptionSecretEntity } from '@hooklane/postgres'
import { randomBytes } from 'node:crypto'

/** How long the secret before signs beside a new one. */
export const ROTATION_OVERLAP_MS = 24 * 3_600_000

export interface NewSecret {
  /** `whsec_<base64 of 32 random bytes>`: shown once. */
  readonly text: string
  readonly row: SubscriptionSecretEntity
}

/** A new signing secret of a subscription; its row holds it sealed. */
export function newSigningSecret(owner: SecretOwner, sealer: Sealer, now: Date): NewSecret {
  const text = `whsec_${randomBytes(32).toString('base64')}`
  const row = Object.assign(new SubscriptionSecretEntity(), {
    ...owner,
    id: newId('sec'),
    sealed: sealer.seal(text, sealingScope(owner, 'secret')),
    createdAt: now,
    validUntil: null,
  })
  return { text, row }
}
