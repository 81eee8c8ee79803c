import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@hooklane/testing'
import { interruptGroup, ownServersEnvironment, ROOT } from './run-command.js'

/** The part of `stack.json` that the tests use. */
export interface Stack {
  readonly apiUrl: string
  readonly operatorKey: string
  readonly databaseUrl: string
  readonly kafkaBrokers: readonly string[]
  readonly services: readonly {
    readonly name: string
    readonly pid: number
    readonly healthUrl: string
    readonly metricsUrl: string
  }[]
}

const START_LIMIT_MS = 300_000
const STOP_LIMIT_MS = 90_000

/** A system that `npm start` starts. Its addresses come from its `stack.json`. `stop` ends it as Ctrl-C does. */
export class LocalSystem {
  private constructor(
    private readonly child: ChildProcess,
    readonly home: string,
    readonly stack: Stack,
    private readonly output: () => string,
  ) {}

  static async start(options: {
    home: string
    args: readonly string[]
    env?: NodeJS.ProcessEnv
  }): Promise<LocalSystem> {
    const child = spawn('npm', ['start', '--', ...options.args], {
      cwd: ROOT,
      env: ownServersEnvironment(options.home, options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`npm start ended with ${String(code)}:\n${output}`)
    })
    const ready = eventually(
      async () => JSON.parse(await readFile(join(options.home, 'stack.json'), 'utf8')) as Stack,
      { withinMs: START_LIMIT_MS },
    ).catch((error: unknown) => {
      interruptGroup(child.pid)
      throw new Error(`the system did not start:\n${output}`, { cause: error })
    })
    ready.catch(() => undefined)
    ended.catch(() => undefined)
    const stack = await Promise.race([ready, ended])
    return new LocalSystem(child, options.home, stack, () => output)
  }

  get printed(): string {
    return this.output()
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return
    interruptGroup(this.child.pid)
    await eventually(
      async () => {
        if (this.child.exitCode === null && this.child.signalCode === null)
          throw new Error(`still running:\n${this.output()}`)
      },
      { withinMs: STOP_LIMIT_MS },
    )
  }

  /** Calls the REST API as the operator. */
  async call<T>(method: string, path: string, body?: unknown, company?: string): Promise<T> {
    const response = await fetch(`${this.stack.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.stack.operatorKey}`,
        ...(company === undefined ? {} : { 'hooklane-company': company }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return (text === '' ? null : JSON.parse(text)) as T
  }
}
