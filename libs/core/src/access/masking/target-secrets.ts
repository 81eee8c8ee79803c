import { parseUrl } from '../../kernel/url/parse-url.js'
import { isCredentialName, looksSecret } from './credential-names.js'
import { parametersOf } from './shown-url.js'

/** A subscription's target with its secrets, unsealed. */
export interface EntrustedTarget {
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string; readonly isSecret: boolean }[]
  /** `whsec_…`, all that are valid. */
  readonly signingSecrets: readonly string[]
}

/** Minimum length of a secret. Shorter ones can be guessed anyway, and would be found in any text. */
export const MIN_SECRET_LENGTH = 4
/** Minimum length at which a part of a longer secret counts as a secret itself: shorter parts are names and words. */
const MIN_PART_LENGTH = 8

/**
 * The texts that must not appear where people can read them: secret values, and the parts of them that are enough to use them. Each once.
 */
export function secretTextsOf({ url, headers, signingSecrets }: EntrustedTarget): readonly string[] {
  const texts = [
    ...headers.filter(({ isSecret }) => isSecret).flatMap(({ value }) => headerSecrets(value)),
    ...urlSecrets(url),
    ...signingSecrets.flatMap(signingTexts),
  ]
  return [...new Set(texts)].filter((text) => text.length >= MIN_SECRET_LENGTH)
}

/** The credential after a scheme (`Bearer`, `ApiKey`), or the whole value. Searching for the credential finds it with its scheme, too. */
function headerSecrets(value: string): readonly string[] {
  const text = value.trim()
  const [, scheme = '', credential = ''] = /^([A-Za-z][A-Za-z0-9-]*) +(\S.*)$/.exec(text) ?? []
  const whole = credential.length >= MIN_PART_LENGTH && !looksSecret(scheme) ? credential : text
  return [whole, ...parameterValues(whole), ...basicSecrets(whole)]
}

/** `Digest username="joe", response="…"`, `key=…; id=…` */
function parameterValues(text: string): readonly string[] {
  const values = [...text.matchAll(/[\w-]=(?:"([^"]*)"|([^\s",;]+))/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  return values.filter((value) => value.length >= MIN_PART_LENGTH)
}

/** User and password of Basic credentials, whichever header carries them. */
function basicSecrets(text: string): readonly string[] {
  if (!/^[A-Za-z0-9+/_-]{6,}={0,2}$/.test(text)) return []
  const [, user, password] =
    /^([\x20-\x39\x3b-\x7e]*):([\x20-\x7e]*)$/.exec(Buffer.from(text, 'base64').toString('latin1')) ?? []
  if (user === undefined || password === undefined) return []
  // Many services take the key as the user, and nothing or any word as the password.
  const isKeyTheUser = password.length < MIN_SECRET_LENGTH || looksSecret(user)
  return [`${user}:${password}`, password, ...(isKeyTheUser ? [user] : [])]
}

/** The parts hidden by `shownUrl` that are credentials by their name or look like one; and the path as a whole, because it may be one. */
function urlSecrets(text: string): readonly string[] {
  const url = parseUrl(text)
  if (!url) return []
  const { pathname, search, password } = url
  const segments = pathname.split('/').filter((segment) => segment !== '')
  const parameters = parametersOf(search).flatMap(({ name, value }) => {
    if (value === null) return looksSecret(name) ? [name] : []
    return [
      ...(isCredentialName(decoded(name)) || looksSecret(value) ? [value] : []),
      ...(looksSecret(name) ? [name] : []),
    ]
  })
  const path = segments.length > 1 ? [pathname] : []
  const written = [...path, ...segments.filter(looksSecret), ...parameters, password]
  return written.flatMap((one) => [one, decoded(one)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The receiver knows the signing secret, although no request holds it: the text without its prefix, and the key bytes in hex. */
function signingTexts(secret: string): readonly string[] {
  const encoded = secret.replace(/^whsec_/, '')
  return [encoded, Buffer.from(encoded, 'base64').toString('hex')]
}
