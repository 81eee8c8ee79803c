import { parseUrl } from '../../kernel/url/parse-url.js'
import { isCredentialName, looksSecret } from './credential-names.js'
import { isOrdinary } from './ordinary-words.js'
import { hiddenSegments, isNameHidden, parametersOf } from './shown-url.js'

/** A subscription's target with its secrets, unsealed. */
export interface EntrustedTarget {
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string; readonly isSecret: boolean }[]
  /** All valid signing secrets: `whsec_…`. */
  readonly signingSecrets: readonly string[]
}

/** Minimum length of a secret. Shorter ones can be guessed anyway, and would be found in any text. */
export const MIN_SECRET_LENGTH = 4
/** Minimum length at which a part of a longer secret counts as a secret itself: shorter parts are names and words. */
const MIN_PART_LENGTH = 8

/** Returns the texts that people must not see, without duplicates: secret values, and parts that are enough to use a secret. */
export function secretTextsOf({ url, headers, signingSecrets }: EntrustedTarget): readonly string[] {
  const texts = [
    ...headers.filter(({ isSecret }) => isSecret).flatMap(({ value }) => headerSecrets(value)),
    ...urlSecrets(url),
    ...signingSecrets.flatMap(signingTexts),
  ]
  return [...new Set(texts)].filter((text) => text.length >= MIN_SECRET_LENGTH)
}

/**
 * The credential after a scheme (`Bearer`, `ApiKey`) or the whole value, and the secrets within it. The scheme is left out, because a
 * search for the credential alone also finds it after its scheme.
 */
function headerSecrets(value: string): readonly string[] {
  const text = value.trim()
  const [, scheme = '', credential = ''] = /^([A-Za-z][A-Za-z0-9-]*) +(\S.*)$/.exec(text) ?? []
  const whole = credential.length >= MIN_PART_LENGTH && !looksSecret(scheme) ? credential : text
  return [whole, ...parameterValues(whole), ...basicSecrets(whole)]
}

/** The values of parameters, as in `Digest username="joe", response="…"` and `key=…; id=…`. */
function parameterValues(text: string): readonly string[] {
  const values = [...text.matchAll(/[\w-]=(?:"([^"]*)"|([^\s",;]+))/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  return values.filter((value) => value.length >= MIN_PART_LENGTH)
}

/** User and password of Basic credentials, whichever header carries them. */
function basicSecrets(text: string): readonly string[] {
  if (!/^[A-Za-z0-9+/_-]{6,}={0,2}$/.test(text)) return []
  const [, user, password] = /^([^:\p{C}]*):(\P{C}*)$/u.exec(textOf(Buffer.from(text, 'base64'))) ?? []
  if (user === undefined || password === undefined) return []
  // Many services expect the key as the user, and no password or any word as the password.
  const isKeyTheUser = password.length < MIN_SECRET_LENGTH || looksSecret(user)
  return [`${user}:${password}`, password, ...(isKeyTheUser ? [user] : [])]
}

/** Clients encode credentials in UTF-8 or Latin-1. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return text.includes('\ufffd') ? bytes.toString('latin1') : text
}

/**
 * The parts hidden by `shownUrl`, and the path as a whole. Parts that are short or ordinary words are left out, because responses are full
 * of them. Values of parameters whose names are those of credentials are never left out.
 */
function urlSecrets(text: string): readonly string[] {
  const url = parseUrl(text)
  if (!url) return []
  const { pathname, search, password } = url
  const parameters = parametersOf(search)
  const credentials = parameters.filter(({ name }) => isCredentialName(decoded(name))).map(({ value }) => value ?? '')
  const hidden = [
    ...hiddenSegments(pathname),
    ...parameters.flatMap((one) => [...(isNameHidden(one) ? [one.name] : []), one.value ?? '']),
  ]
  const path = pathname.split('/').filter((segment) => segment !== '').length > 1 ? [pathname] : []
  const written = [...path, ...hidden.filter(isTelling), ...credentials, password]
  return written.flatMap((one) => [one, decoded(one)])
}

/** Whether a hidden part of a URL is enough to recognise it. */
function isTelling(part: string): boolean {
  const text = decoded(part)
  return text.length >= MIN_PART_LENGTH && !isOrdinary(text)
}

/** Decodes a part of a URL. Escapes that are not UTF-8 are decoded as Latin-1. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replace(/%([0-9a-f]{2})/gi, (_, byte: string) => String.fromCharCode(parseInt(byte, 16)))
  }
}

/**
 * The texts that reveal a signing secret: the secret without its prefix, and the key bytes in hex. No request contains the secret, but the
 * receiver knows it.
 */
function signingTexts(secret: string): readonly string[] {
  const encoded = secret.replace(/^whsec_/, '')
  return [encoded, Buffer.from(encoded, 'base64').toString('hex')]
}
