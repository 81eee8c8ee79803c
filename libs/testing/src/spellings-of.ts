/** A text in the forms in which it may be repeated: whoever looks for a secret in an output looks for each of them. Each once. */
export function spellingsOf(text: string): readonly string[] {
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

/** What is found in the base64 of any text that holds the bytes behind so many others (modulo three). */
function base64Core(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  return text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3))
}
