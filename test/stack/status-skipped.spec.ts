import { describe, expect, it } from '@jest/globals'
import { noteQuarantined, Skips } from '@hooklane/observability'
import { readSkips } from '../../tools/stack/skips.mjs'
import { renderStatus } from '../../tools/stack/status-table.mjs'

const NOTHING = { warn: () => undefined, error: () => undefined }
const LINE = { level: 'warn', alarm: 'skipped', message: 'rows are skipped' } as const

/** What a process answers under `/health/skipped`. */
const answer = (note: (skips: Skips) => void): string => {
  const skips = new Skips(NOTHING)
  note(skips)
  return JSON.stringify(skips.report())
}

const statusOf = (skipped: ReturnType<typeof readSkips>): string[] =>
  renderStatus(
    {
      state: 'running',
      home: '.hooklane',
      launcherPid: 1,
      since: null,
      apiUrl: null,
      databaseUrl: null,
      kafkaBrokers: [],
      serversFrom: null,
      servers: [],
      services: [],
      lag: [],
      skipped,
      leftovers: [],
    },
    new Date(Date.now() + 5_000),
  ).split('\n')

describe('npm run status', () => {
  it('names what was skipped: by whom, from where, why, how often, and the last one', () => {
    const rows = answer((skips) =>
      skips.note({ from: 'pim', what: 'public.product', reason: 'companyMissing', count: 12, lastKey: '4711' }, LINE),
    )
    const events = answer((skips) => {
      const record = { topic: 'hooklane.events', partition: 0, offset: 17n, key: Buffer.from('cmp_9') }
      noteQuarantined(skips, [{ record, reason: 'unknown_company' }], { level: 'warn', message: 'quarantined' })
    })
    const lines = statusOf([...readSkips('event-producer', rows), ...readSkips('router', events)])
    expect(lines).toContainEqual(expect.stringMatching(/^SKIPPED BY +FROM +REASON +COUNT +LAST$/))
    expect(lines).toContainEqual(
      expect.stringMatching(/^event-producer +pim public\.product +companyMissing +12 +\d s ago: 4711$/),
    )
    expect(lines).toContainEqual(
      expect.stringMatching(/^router +hooklane\.events cmp_9 +unknown_company +1 +\d s ago: partition 0 offset 17/),
    )
  })

  it('says nothing of it while nothing was skipped, and nothing of a process that does not know', () => {
    expect(
      statusOf(
        readSkips(
          'router',
          answer(() => undefined),
        ),
      ).join('\n'),
    ).not.toContain('SKIPPED')
    expect(readSkips('router', '{"status":"ready","parts":{}}')).toEqual([])
  })

  it('shows texts from outside in a width and without commands for the terminal', () => {
    const hostile = answer((skips) => {
      for (let n = 0; n < 30; n++)
        skips.note(
          {
            from: 'pim',
            what: `\u001b[2J${n}${'w'.repeat(500)}`,
            reason: 'r'.repeat(99),
            count: 1,
            lastKey: `\n\u0007${n}`,
          },
          LINE,
        )
    })
    const lines = statusOf(readSkips('event-producer', hostile))
    expect(lines.filter((line) => line.length > 99 || /[\u0000-\u001f\u007f-\u009f]/.test(line))).toEqual([])
    expect(lines).toContain('and 20 more: npm run status -- --json')
  })

  it('counts what a process had no room to remember', () => {
    const many = answer((skips) => {
      for (let n = 0; n < 600; n++)
        skips.note({ from: 'pim', what: `t${n}`, reason: 'idMissing', count: 2, lastKey: null }, LINE)
    })
    const skipped = readSkips('event-producer', many)
    expect(skipped.reduce((sum, { count }) => sum + count, 0)).toBe(1_200)
    expect(statusOf(skipped.slice(-1))).toContainEqual(expect.stringMatching(/^event-producer +others +200$/))
  })
})
