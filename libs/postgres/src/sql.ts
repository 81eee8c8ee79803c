import { readFileSync } from 'node:fs'

/** The text of `sql/<name>.sql`, without its comments: hot statements stand one in a file. */
export function sql(name: string): string {
  const text = readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8')
  return text.replace(/^--.*$/gm, '').trim()
}
