/** The subscription that the secrets belong to. */
export interface SecretOwner {
  readonly companyId: string
  readonly subscriptionId: string
}

/** The kinds of sealed texts of a subscription: signing secrets, values of headers, its URL. */
export type SealedKind = 'secret' | 'header' | 'url'

/** The additional authenticated data (AAD) of a subscription's sealed texts. A sealed text that is moved to another subscription, or to another
 * kind of field of the same one, cannot be opened. */
export const sealingScope = ({ companyId, subscriptionId }: SecretOwner, kind: SealedKind): string =>
  `${companyId}/${subscriptionId}/${kind}`
