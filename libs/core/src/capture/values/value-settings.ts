/** Names and values of Postgres settings. They contain no blanks, backslashes, quotes or characters that are reserved in URLs. */
export type SessionSettings = Readonly<Record<string, string>>

/**
 * The settings under which Postgres prints values as the decoders here read them. Each of them may be set differently in postgresql.conf,
 * for a database, for a role, or for a role in a database, and then the same row is printed differently: `2.3.2026`, `\377A`, `0.1` for
 * 0.1234567890123456. So every connection that reads values requests these settings when it starts. That request overrides all settings on
 * the server.
 *
 * `extra_float_digits = 1` prints the shortest text that gives the same number back; a lower value loses digits.
 */
export const VALUE_SETTINGS: SessionSettings = {
  client_encoding: 'UTF8',
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  lc_monetary: 'C',
  xmlbinary: 'base64',
  quote_all_identifiers: 'off',
}

/**
 * Extends a connection URL so that its sessions start with these settings. Options that the URL already has are kept. If one of them names
 * the same setting, ours wins, because it comes later and the server takes the later option.
 *
 * The URL is extended as text, and only with characters that need no escape. Drivers repair URLs that contain stray blanks or percent
 * signs, and would escape our escapes again.
 */
export function withSessionSettings(databaseUrl: string, settings: SessionSettings): string {
  const [, base = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(databaseUrl) ?? []
  const parameters = query.split('&').filter((parameter) => parameter !== '')
  const given = parameters.findLast((parameter) => parameter.startsWith(OPTIONS))?.slice(OPTIONS.length) ?? ''
  const ours = Object.entries(settings).map(([name, value]) => `-c+${name}=${value}`)
  // Two blanks, because a backslash at the end of the given options makes the first blank part of the last given option.
  const options = [...(given === '' ? [] : [given, '']), ...ours].join('+')
  return `${base}?${[...parameters, OPTIONS + options].join('&')}${fragment}`
}

const OPTIONS = 'options='
