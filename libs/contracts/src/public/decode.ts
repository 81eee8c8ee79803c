import type { Static, TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'

/** The decoded value, or the reason why the bytes could not be decoded. Decoders never throw. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }

export type Decoder<T> = (bytes: Uint8Array | null | undefined) => Decoded<T>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses UTF-8 JSON. Refuses a byte order mark and invalid UTF-8 (such as an encoded surrogate), because their bytes would change when the
 * text is written again.
 */
export function parseJson(bytes: Uint8Array | null | undefined): Decoded<unknown> {
  if (bytes === null || bytes === undefined) return { ok: false, reason: 'no_value' }
  if (bytes.length === 0) return { ok: false, reason: 'empty' }
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { ok: false, reason: 'invalid_utf8' }
  }
  if (text.charCodeAt(0) === 0xfeff) return { ok: false, reason: 'byte_order_mark' }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false, reason: 'invalid_json' }
  }
}

/** Compiles a schema once into a decoder. The reason names the first path that does not match the schema: `schema:/entity/id`. */
export function decoderOf<S extends TSchema>(schema: S): Decoder<Static<S>> {
  const check = TypeCompiler.Compile(schema)
  return (bytes) => {
    const parsed = parseJson(bytes)
    if (!parsed.ok) return parsed
    if (check.Check(parsed.value)) return { ok: true, value: parsed.value }
    const path = check.Errors(parsed.value).First()?.path ?? ''
    return { ok: false, reason: `schema:${path === '' ? '/' : path}` }
  }
}
