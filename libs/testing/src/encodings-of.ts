/** Returns all encoded forms in which a text may appear in an output. Tests that look for leaked secrets search for each form. */
export function encodingsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8')
  const base64 = [0, 1, 2].map((before) => base64Core(bytes, before))
  return [
    ...new Set([
      text,
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(text),
      new URLSearchParams([['', text]]).toString().slice(1),
      bytes.toString('hex'),
      ...base64,
      ...base64.map((core) => core.replaceAll('+', '-').replaceAll('/', '_')),
    ]),
  ]
}

/**
 * Returns the part of the base64 that depends on `bytes` only, not on the bytes around them.
 * @param before number of bytes before `bytes`, modulo 3
 */
function base64Core(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  return text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3))
}
