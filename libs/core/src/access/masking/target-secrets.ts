import { parseUrl } from '../../kernel/url/parse-url.js'
import { isCredentialName, looksSecret } from './credential-names.js'
import { parametersOf } from './shown-url.js'

/** What a receiver was entrusted with, opened. */
export interface EntrustedTarget {
  readonly url: string
  readonly headers: readonly { readonly name: string; readonly value: string; readonly isSecret: boolean }[]
  /** `whsec_…`, all that are valid. */
  readonly signingSecrets: readonly string[]
}

/** Shorter ones hide nothing that could not be guessed, and would be found in any text. */
export const MIN_SECRET_LENGTH = 4
/** A part of a longer secret counts as one of its own from this length on: shorter ones are names and words. */
const MIN_PART_LENGTH = 8

/** The texts that must not be repeated where people can read them: secret values, and what in them would be enough to use them. Each once. */
export function secretTextsOf({ url, headers, signingSecrets }: EntrustedTarget): readonly string[] {
  const texts = [
    ...headers.filter(({ isSecret }) => isSecret).flatMap(({ value }) => headerSecrets(value)),
    ...urlSecrets(url),
    ...signingSecrets.flatMap(signingTexts),
  ]
  return [...new Set(texts)].filter((text) => text.length >= MIN_SECRET_LENGTH)
}

/** Behind a scheme (`Bearer`, `ApiKey`) stands the credential; with its scheme it is found as well. */
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

/** What Basic credentials say once they are decoded, whatever header carries them. */
function basicSecrets(text: string): readonly string[] {
  if (!/^[A-Za-z0-9+/_-]{6,}={0,2}$/.test(text)) return []
  const [, user, password] =
    /^([\x20-\x39\x3b-\x7e]*):([\x20-\x7e]*)$/.exec(Buffer.from(text, 'base64').toString('latin1')) ?? []
  if (user === undefined || password === undefined) return []
  // Many services take the key as the user, and nothing or any word as the password.
  const isKeyTheUser = password.length < MIN_SECRET_LENGTH || looksSecret(user)
  return [`${user}:${password}`, password, ...(isKeyTheUser ? [user] : [])]
}

/** What `shownUrl` hides, as far as it is a credential by its name or looks like one; and the path as a whole, because it may be one. */
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

/** A receiver knows them as well, though no request holds them: as text without the prefix, and as the bytes that sign. */
function signingTexts(secret: string): readonly string[] {
  const encoded = secret.replace(/^whsec_/, '')
  return [encoded, Buffer.from(encoded, 'base64').toString('hex')]
}
