/** The subscription that the secrets belong to. */
export interface SecretOwner {
  readonly companyId: string
  readonly subscriptionId: string
}

/** The kinds of sealed texts of a subscription: a signing secret, the value of a header, its URL. */
export type SealedKind = 'secret' | 'header' | 'url'

/**
 * The additional authenticated data (AAD) of a subscription's sealed texts. A sealed text that is moved to another subscription, or to
 * another kind of field of the same subscription, cannot be opened.
 */
export const sealingScope = ({ companyId, subscriptionId }: SecretOwner, kind: SealedKind): string =>
  `${companyId}/${subscriptionId}/${kind}`
