import { readFileSync } from 'node:fs'

/** Reads `sql/<name>.sql` without its comment lines. Each hot statement has a file of its own. */
export function sql(name: string): string {
  const text = readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8')
  return text.replace(/^--.*$/gm, '').trim()
}
