/** Names and values without blanks, backslashes, quotes and what a URL reserves. */
export type SessionSettings = Readonly<Record<string, string>>

/**
 * The settings under which Postgres prints values as the decoders here read them. Each of them may be set differently in postgresql.conf,
 * for a database, for a role, or for a role in a database, and then the same row is printed differently: `2.3.2026`, `\377A`, `0.1`
 * for 0.1234567890123456. So every connection that reads values asks for them when it starts, which no such setting overrides.
 *
 * `extra_float_digits = 1` prints the shortest text that gives the same number back; less loses digits.
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
 * A connection URL whose sessions start with these settings. Options that the URL has already are kept; where both name a setting, ours
 * wins, because of two options the server takes the later one.
 *
 * The URL is extended as text and with characters that need no escape: drivers repair URLs with stray blanks and percent signs, and
 * would escape what is escaped already.
 */
export function withSessionSettings(databaseUrl: string, settings: SessionSettings): string {
  const [, base = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(databaseUrl) ?? []
  const parameters = query.split('&').filter((parameter) => parameter !== '')
  const given = parameters.findLast((parameter) => parameter.startsWith(OPTIONS))?.slice(OPTIONS.length) ?? ''
  const ours = Object.entries(settings).map(([name, value]) => `-c+${name}=${value}`)
  // Two blanks: a backslash at the end of the given options makes one of them part of its option, and no more.
  const options = [...(given === '' ? [] : [given, '']), ...ours].join('+')
  return `${base}?${[...parameters, OPTIONS + options].join('&')}${fragment}`
}

const OPTIONS = 'options='
