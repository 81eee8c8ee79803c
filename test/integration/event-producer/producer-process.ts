import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Skip } from '@hooklane/observability'
import { eventually } from './eventually.js'

const EVENT_PRODUCER = fileURLToPath(new URL('../../../dist/event-producer.js', import.meta.url))

export interface HealthReport {
  readonly status: string
  readonly parts: Readonly<Record<string, { readonly ready: boolean; readonly detail?: string }>>
}

/** An event-producer process, observed from outside. */
export class ProducerProcess {
  readonly log: string[] = []
  readonly #child: ChildProcess
  #port = 0

  constructor(env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [EVENT_PRODUCER], {
      env: { PATH: process.env.PATH, HEALTH_PORT: '0', HEALTH_HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let rest = ''
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#take(line)
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => this.log.push(chunk.toString()))
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Resolves when every source is being read. */
  async ready(withinMs = 60_000): Promise<void> {
    await eventually(async () => {
      const report = await this.health()
      if (report.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(report)}\n${this.log.join('\n')}`)
    }, withinMs)
  }

  async health(): Promise<HealthReport> {
    if (this.hasExited) throw new Error(`the event-producer has ended:\n${this.log.join('\n')}`)
    if (this.#port === 0) throw new Error('no port yet')
    return JSON.parse(await this.#get('/health/ready')) as HealthReport
  }

  /** Resolves when this source is being read, whatever the state of the other sources is. */
  async reads(source: string): Promise<void> {
    await eventually(async () => {
      const part = (await this.health()).parts[`source ${source}`]
      if (part?.ready !== true) throw new Error(`${source} is not read: ${part?.detail}`)
    })
  }

  /** Waits until the event-producer refuses a source with this code, and returns the message without the code. */
  async refusalWith(source: string, code: string): Promise<string> {
    return eventually(async () => {
      const part = (await this.health()).parts[`source ${source}`]
      const detail = part?.detail ?? ''
      if (part?.ready !== false || !detail.startsWith(`${code}: `))
        throw new Error(`${source}: ${JSON.stringify(part)}`)
      return detail.slice(code.length + 2)
    })
  }

  /** Waits until the event-producer refuses a source, and returns the code and message of the refusal. */
  async refusal(source: string): Promise<string> {
    let detail = ''
    await eventually(async () => {
      const part = (await this.health()).parts[`source ${source}`]
      detail = part?.detail ?? ''
      if (part?.ready !== false || !/^[A-Z_]+: /.test(detail)) throw new Error(`no refusal: ${JSON.stringify(part)}`)
    })
    return detail
  }

  /** The input that the process reports as skipped. */
  async skipped(): Promise<readonly Skip[]> {
    return (JSON.parse(await this.#get('/health/skipped')) as { skipped: Skip[] }).skipped
  }

  metric(name: string, source: string): Promise<number> {
    return this.total(name, `source="${source}"`)
  }

  /** The sum over the label sets that contain this label. */
  async total(name: string, label = ''): Promise<number> {
    const lines = (await this.#get('/metrics')).split('\n')
    return lines
      .filter((line) => line.startsWith(`hooklane_${name}{`) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  /** The bytes of memory that the process uses now, and the maximum so far. */
  memory(): { readonly now: number; readonly most: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const kilobytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN)
    return { now: kilobytes('VmRSS') * 1024, most: kilobytes('VmHWM') * 1024 }
  }

  /** Freezes the process, or lets it continue. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.hasExited) return this.#child.exitCode
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    await exited
    return this.#child.exitCode
  }

  async #get(path: string): Promise<string> {
    const request = get({ host: '127.0.0.1', port: this.#port, path, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return text
  }

  #take(line: string): void {
    this.log.push(line)
    try {
      const { healthPort } = JSON.parse(line) as { healthPort?: number }
      if (healthPort) this.#port = healthPort
    } catch {
      // The line does not belong to the structured log. `log` keeps its text for the message of a failing test.
    }
  }
}
