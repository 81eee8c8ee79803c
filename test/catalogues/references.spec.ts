import { describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const TEXT = ['*.md', '*.ts', '*.mjs', '*.sql', '*.yml', '*.yaml']

/** The project's text files as Git lists them, so this needs a repository, not an export without history. */
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...TEXT], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)))
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const PAGES = FILES.filter((file) => file.endsWith('.md'))
const SOURCES = FILES.filter((file) => /^(apps|libs|test|tools)\//.test(file))

/** The anchor that GitHub generates for a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const withoutCode = (text: string): string => text.replace(/```[\s\S]*?```/g, '')

function anchorsOf(page: string): ReadonlySet<string> {
  return new Set([...withoutCode(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)))
}

/** The broken links of a page, as `page → target`. */
function brokenLinks(page: string): string[] {
  const links = [...withoutCode(read(page)).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(
    ([, link = '']) => link,
  )
  return links
    .filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : normalize(join(dirname(page), path))
      if (!existsSync(join(ROOT, target))) return true
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor)
    })
    .map((link) => `${page} → ${link}`)
}

/** Paths of the project that a file names and that do not exist. Patterns (`*`, `<facet>`) do not match and are not checked. */
function missingPaths(file: string): string[] {
  const named = [...read(file).matchAll(/`((?:apps|libs|test|tools|docs|examples)\/[\w./@-]+)`/g)]
  return named
    .map(([, path = '']) => path.replace(/\/$/, ''))
    .filter((path) => !path.split('/').includes('dist') && !existsSync(join(ROOT, path)))
    .map((path) => `${file} → ${path}`)
}

describe('references in texts', () => {
  it('every link of a page leads to an existing file and heading', () => {
    expect(PAGES.length).toBeGreaterThan(20)
    expect(PAGES.flatMap(brokenLinks)).toEqual([])
  })

  it('every path of the project that a page or a comment names exists', () => {
    expect(FILES.flatMap(missingPaths)).toEqual([])
  })

  it('every step that a source cites is in docs/protocol.md', () => {
    const protocol = read('docs/protocol.md')
    const section = (step: string): string => protocol.split(/^## /m).find((one) => one.startsWith(`${step} `)) ?? ''
    const cited = SOURCES.flatMap((file) =>
      [...read(file).matchAll(/(?<=[(, –])D(\d+)\.(\d+)(?:–\d+\.(\d+))?(?=[),])/g)].flatMap(
        ([, part = '', first = '', last]) => [first, last ?? first].map((step) => ({ file, part: `D${part}`, step })),
      ),
    )
    expect(cited.length).toBeGreaterThan(10)
    const missing = cited.filter(({ part, step }) => !new RegExp(`^${step}\\. `, 'm').test(section(part)))
    expect(missing).toEqual([])
  })

  it('every ADR that is cited by its number exists', () => {
    const adrs = new Set(FILES.flatMap((file) => /^docs\/adr\/(\d{4})-/.exec(file)?.[1] ?? []))
    const cited = FILES.flatMap((file) =>
      [...read(file).matchAll(/\bADR (\d{4})\b/g)].map(([, nr = '']) => `${nr} in ${file}`),
    )
    expect(cited.length).toBeGreaterThan(2)
    expect(cited.filter((one) => !adrs.has(one.slice(0, 4)))).toEqual([])
  })
})
