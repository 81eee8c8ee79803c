import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Skip } from '@hooklane/observability'
import { eventually } from '@hooklane/testing'

/** One of our services in a separate process, observed from outside. */
export class ServiceProcess {
  readonly log: string[] = []
  readonly child: ChildProcess
  #port = 0

  /** @param program the file that Node runs, or an array of this file and its arguments */
  constructor(
    readonly name: string,
    program: string | readonly string[],
    env: NodeJS.ProcessEnv,
    cwd = process.cwd(),
  ) {
    this.child = spawn(process.execPath, [program].flat(), {
      cwd,
      env: { PATH: process.env.PATH, HEALTH_PORT: '0', HEALTH_HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let rest = ''
    this.child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#take(line)
    })
    this.child.stderr?.on('data', (chunk: Buffer) => this.log.push(chunk.toString()))
  }

  get hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** The parsed lines of the structured log. */
  lines(): Record<string, unknown>[] {
    return this.log.flatMap((line) => {
      const parsed = parse(line)
      return parsed === null ? [] : [parsed]
    })
  }

  async ready(withinMs = 60_000): Promise<this> {
    await eventually(
      async () => {
        if (this.hasExited) throw new Error(`${this.name} has ended:\n${this.log.join('\n')}`)
        if (this.#port === 0) throw new Error('no port yet')
        const { status, text } = await this.#get('/health/ready')
        if (status !== 200) throw new Error(`not ready: ${text}\n${this.log.slice(-5).join('\n')}`)
      },
      { withinMs },
    )
    return this
  }

  /** All metrics, in Prometheus' text format. */
  async metrics(): Promise<string> {
    return (await this.#get('/metrics')).text
  }

  /** The sum over the label sets that contain all `labels`, each written as in Prometheus' text format: `kind="spread"`. */
  async metric(name: string, ...labels: readonly string[]): Promise<number> {
    const text = await this.metrics()
    return text
      .split('\n')
      .filter((line) => line.startsWith(`hooklane_${name}{`) || line.startsWith(`hooklane_${name} `))
      .filter((line) => labels.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  /** The input that the process reports as skipped. */
  async skipped(): Promise<readonly Skip[]> {
    const { text } = await this.#get('/health/skipped')
    return (JSON.parse(text) as { skipped: Skip[] }).skipped
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.hasExited) return this.child.exitCode
    const exited = once(this.child, 'exit')
    this.child.kill(signal)
    await exited
    return this.child.exitCode
  }

  /** Uses a new connection for each request, because the process may close an idle connection just when it is used again. */
  async #get(path: string): Promise<{ readonly status: number | undefined; readonly text: string }> {
    const request = get({ host: '127.0.0.1', port: this.#port, path, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return { status: response.statusCode, text }
  }

  #take(line: string): void {
    this.log.push(line)
    const healthPort = parse(line)?.healthPort
    if (typeof healthPort === 'number') this.#port = healthPort
  }
}

/** Null when the line does not belong to the structured log. */
function parse(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}
