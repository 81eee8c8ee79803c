import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from '@jest/globals'

interface Case {
  readonly level: string
  /** Statement that comes first. */
  readonly begin: string
}

/** Logs, works on while what was logged is written, logs more and ends. Told to begin by the end of its input. */
const script = ({ level, begin }: Case) => `
  import { createLogger } from '@hooklane/observability'
  const logger = createLogger('test', 'info')
  process.stdin.resume().on('end', () => {
    ${begin}
    setTimeout(() => {
      process.stderr.write('worked on')
      logger.${level}('the last line')
      process.exit(3)
    }, 300)
  })
`

describe('a log that cannot be written', () => {
  let child: ChildProcess | null = null
  afterEach(() => {
    child?.kill('SIGKILL')
  })

  /** With its output going nowhere: by file descriptor, or into a pipe whose reader is gone. */
  const run = async (output: number | 'pipe', given: Case) => {
    const process_ = spawn(process.execPath, ['--input-type=module', '-e', script(given)], {
      stdio: ['pipe', output, 'pipe'],
    }) as ChildProcessByStdio<Writable, Readable | null, Readable>
    child = process_
    process_.stdout?.destroy()
    const ended = new Promise<number | null>((resolve) => process_.once('exit', resolve))
    process_.stdin.end()
    const [code, errors] = await Promise.all([ended, text(process_.stderr)])
    return { code, errors }
  }

  const severities = ['info', 'fatal'] as const
  const cases = severities.flatMap((level) => [
    { level, when: 'after other lines', begin: `logger.info('a line like many. '.repeat(1000))` },
    { level, when: 'as its only one', begin: '' },
  ])

  it.each(cases)('because its reader is gone does not keep a process from ending: $level, $when', async (given) => {
    expect(await run('pipe', given)).toEqual({ code: 3, errors: 'worked on' })
  })

  it.each(cases)('because the disk is full does not keep a process from ending: $level, $when', async (given) => {
    const full = openSync('/dev/full', 'w')
    try {
      expect(await run(full, given)).toEqual({ code: 3, errors: 'worked on' })
    } finally {
      closeSync(full)
    }
  })
})

describe('a log that can be written', () => {
  it('holds every line in order when the process ends', async () => {
    const write = `
      import { createLogger } from '@hooklane/observability'
      const logger = createLogger('test', 'info')
      for (let line = 0; line < 20000; line++) logger.info({ line }, 'written')
      process.exit(0)
    `
    const child = spawn(process.execPath, ['--input-type=module', '-e', write], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = (await text(child.stdout)).trimEnd().split('\n')
    const numbers = lines.map((line) => (JSON.parse(line) as { line: number }).line)
    expect(numbers).toEqual(Array.from({ length: 20_000 }, (_, line) => line))
  })
})
