import { isAscii } from 'node:buffer'
import iconv from 'iconv-lite'

/**
 * Name of an encoding in PostgreSQL (`server_encoding`) → its name in `iconv-lite`. Lists the encodings that PostgreSQL converts to UTF-8,
 * except `EUC_TW` and `EUC_JIS_2004`, which `iconv-lite` does not know.
 */
const NAMES: Readonly<Record<string, string>> = {
  LATIN1: 'iso-8859-1',
  LATIN2: 'iso-8859-2',
  LATIN3: 'iso-8859-3',
  LATIN4: 'iso-8859-4',
  LATIN5: 'iso-8859-9',
  LATIN6: 'iso-8859-10',
  LATIN7: 'iso-8859-13',
  LATIN8: 'iso-8859-14',
  LATIN9: 'iso-8859-15',
  LATIN10: 'iso-8859-16',
  ISO_8859_5: 'iso-8859-5',
  ISO_8859_6: 'iso-8859-6',
  ISO_8859_7: 'iso-8859-7',
  ISO_8859_8: 'iso-8859-8',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  WIN866: 'cp866',
  WIN874: 'windows-874',
  WIN1250: 'windows-1250',
  WIN1251: 'windows-1251',
  WIN1252: 'windows-1252',
  WIN1253: 'windows-1253',
  WIN1254: 'windows-1254',
  WIN1255: 'windows-1255',
  WIN1256: 'windows-1256',
  WIN1257: 'windows-1257',
  WIN1258: 'windows-1258',
  EUC_CN: 'gb2312',
  EUC_JP: 'euc-jp',
  EUC_KR: 'euc-kr',
}

/** The character that `iconv-lite` puts in place of bytes that an encoding does not define. */
const UNDEFINED = '\uFFFD'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes the content of a logical message, which PostgreSQL sends without converting it. The server converts all other texts of the stream
 * to UTF-8.
 * @param encoding of the database, as `server_encoding` names it
 * @returns null when the bytes are not valid in this encoding, or when they are not ASCII and `NAMES` lacks the encoding
 */
export function decodeServerText(bytes: Buffer, encoding: string): string | null {
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (encoding === 'UTF8') return decodeUtf8(bytes)
  const name = NAMES[encoding]
  if (name === undefined) return null
  const text = iconv.decode(bytes, name, { stripBOM: false })
  return text.includes(UNDEFINED) ? null : text
}

function decodeUtf8(bytes: Buffer): string | null {
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}
