import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ownServersEnvironment, ROOT, runCommand, type CommandResult } from './run-command.js'

const run = promisify(execFile)

/** The launcher's programs. Tests run them directly and not through npm, which takes a second to start. */
export type Program = 'start' | 'stop' | 'status'

const PROGRAM_LIMIT_MS = 300_000

/** A temporary folder of a test, for home folders, folders of a PATH, and files. */
export class Scratch {
  private constructor(readonly dir: string) {}

  static async make(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), 'hl-launcher-')))
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts)
  }

  async folder(...parts: string[]): Promise<string> {
    await mkdir(this.path(...parts), { recursive: true })
    return this.path(...parts)
  }

  async file(name: string, content = ''): Promise<string> {
    await mkdir(dirname(this.path(name)), { recursive: true })
    await writeFile(this.path(name), content)
    return this.path(name)
  }

  /**
   * Makes a folder for PATH that holds exactly these programs: `programs` are linked from this machine, `scripts` are written as shell
   * scripts.
   */
  async pathWith(name: string, programs: readonly string[], scripts: Record<string, string> = {}): Promise<string> {
    const folder = await this.folder(name)
    for (const program of programs) await symlink(locate(program), join(folder, program))
    for (const [program, script] of Object.entries(scripts)) {
      await writeFile(join(folder, program), `#!/bin/sh\n${script}\n`)
      await chmod(join(folder, program), 0o755)
    }
    return folder
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true })
  }
}

function locate(program: string): string {
  const folder = (process.env.PATH ?? '').split(delimiter).find((candidate) => existsSync(join(candidate, program)))
  if (folder === undefined) throw new Error(`${program} is not on the PATH of the tests`)
  return join(folder, program)
}

/** The environment of a new user's terminal. Only the home folder, embedded servers and `more` are configured. */
export function launcherEnvironment(home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { JAVA_HOME: _java, HTTP_PORT: _http, ...rest } = ownServersEnvironment(home)
  return { ...rest, ...more }
}

export function runLauncher(
  program: Program,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  {
    root = ROOT,
    nodeOptions = [],
    wrap = [],
  }: { root?: string; nodeOptions?: readonly string[]; wrap?: readonly string[] } = {},
): Promise<CommandResult> {
  const [command, words] = wrapped(wrap, [...nodeOptions, join(root, 'tools', 'stack', `${program}.mjs`), ...args])
  return runCommand(command, words, env, PROGRAM_LIMIT_MS)
}

/** The command that runs Node with these arguments, preceded by the words of `wrap`. */
export function wrapped(wrap: readonly string[], words: readonly string[]): [command: string, words: string[]] {
  const [command, ...before] = wrap
  return command === undefined ? [process.execPath, [...words]] : [command, [...before, process.execPath, ...words]]
}

/** The command lines of all processes on this machine that name the folder: the launcher, its servers and its services. */
export async function processesOf(folder: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'args='], { maxBuffer: 64 * 1024 * 1024 })
  return stdout.split('\n').filter((line) => line.includes(folder))
}

/** Listens on a loopback port, as another program would. By default, takes a free port. */
export async function occupyPort(port = 0): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    release: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const { port, release } = await occupyPort()
  await release()
  return port
}
