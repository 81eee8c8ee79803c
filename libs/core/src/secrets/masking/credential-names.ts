/**
 * Decides which names belong to credentials. If the rules match too many names, harmless values are hidden. If they miss a name, a password
 * is written into tables, topics and logs. So the rules are broad, and exceptions are listed one by one.
 */

/**
 * Parts that mark a credential anywhere in a name. Every common word that contains one of them is about credentials. `auth` is found in
 * `authorize`, but not in `author`.
 */
const CREDENTIAL_PART =
  /auth(?!or(?!i[sz]))|cookie|credential|csrf|xsrf|hmac|jwt|passw|passphrase|passcode|pwd|secret|session|sess?id|signature|token|bearer|saml|assertion|accesskey|apikey|privatekey/

/**
 * Parts that mark a credential only at the end of a name: `licensekey`, `x-functions-key`, `db-pass` and `X-Sig`, but not `keyword` or
 * `passenger`.
 */
const CREDENTIAL_END = /(?:keys?|sig|pass|creds?)$/

/**
 * Names that mark a credential only as a whole, because they are parts of too many other words. Azure Functions passes its key as `code`.
 */
const CREDENTIAL_NAMES: ReadonlySet<string> = new Set(['code', 'hash', 'mac', 'otp', 'pin', 'pw', 'sid', 'ticket'])

const HARMLESS_NAMES: ReadonlySet<string> = new Set([
  // Hooklane's own headers.
  'webhooksignature',
  'idempotencykey',
  // Challenges and rules of HTTP, which tell a client what to send.
  'wwwauthenticate',
  'proxyauthenticate',
  'authenticationinfo',
  'accesscontrolallowcredentials',
  // Keys that sort or find things.
  'cachekey',
  'foreignkey',
  'partitionkey',
  'primarykey',
  'publickey',
  'publishablekey',
  'sortkey',
  'surrogatekey',
])

/** `Basic dXNlcjpwYXNz`, `Bearer eyJ…`: a credential, whatever the name of the header is. */
const AUTHORIZATION_VALUE = /^(?:basic|bearer) +[A-Za-z0-9\-._~+/]{8,}=*$/i
/** `https://user:password@host` */
const URL_WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]*:[^/?#@\s]+@/i

/**
 * Whether a header or parameter of this name usually holds a credential. Only letters and digits count, and their case does not:
 * `X-API_Key` = `xapikey`.
 */
export function isCredentialName(name: string): boolean {
  const bare = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (HARMLESS_NAMES.has(bare)) return false
  return CREDENTIAL_NAMES.has(bare) || CREDENTIAL_PART.test(bare) || CREDENTIAL_END.test(bare)
}

/** Whether a header holds a credential, by its name or by the form of its value. */
export function isCredentialHeader(name: string, value: string): boolean {
  return isCredentialName(name) || AUTHORIZATION_VALUE.test(value) || URL_WITH_PASSWORD.test(value)
}

/**
 * Whether a text looks like something that was made to be unguessable: longer than eight characters, and not made of words. `hooks`, `v1`,
 * `shop-42` and `product-updates` are shown where a secret could stand; `T024BE7LD` is not.
 */
export function looksSecret(text: string): boolean {
  return text.length > SHORT_TEXT && !WORDS.test(text)
}

const SHORT_TEXT = 8
/** At most 32 characters, as names have: a longer run of letters may be a key. */
const WORDS = /^(?=.{1,32}$)[A-Za-z]+(?:[-_.[\]]+[A-Za-z]+)*\]?$/
