/** The subscription that the secrets belong to. */
export interface SecretOwner {
  readonly companyId: string
  readonly subscriptionId: string
}

/** The kinds of sealed texts of a subscription: signing secrets, values of headers, its URL. */
export type SealedKind = 'secret' | 'header' | 'url'

/** The AAD of a subscription's sealed texts: one that is moved to another subscription, or to another place of it, does not open. */
export const sealingScope = ({ companyId, subscriptionId }: SecretOwner, kind: SealedKind): string =>
  `${companyId}/${subscriptionId}/${kind}`
