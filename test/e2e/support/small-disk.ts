import { execFile } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

const isRoot = process.getuid?.() === 0

export interface SmallDisk {
  readonly dir: string
  /** Words to put before the command of a program that must see the disk. */
  readonly wrap: readonly string[]
  readonly release: () => Promise<void>
}

/**
 * Mounts a disk of this size, in memory, on a folder. When root mounts it, all programs see it. Other users mount it in a user namespace,
 * in which they are root during the mount: then only programs that are started with `wrap` see it.
 */
export async function mountSmallDisk(dir: string, mebibytes: number): Promise<SmallDisk> {
  const mount = ['mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0777`, 'hooklane-test', dir]
  if (isRoot) {
    await run('mount', mount.slice(1))
    return { dir, wrap: [], release: () => unmount(dir) }
  }
  const ids = [`--map-user=${process.getuid?.()}`, `--map-group=${process.getgid?.()}`]
  const asSelf = ['unshare', '--user', ...ids, '--']
  const wrap = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', `${mount.join(' ')} && exec "$@"`, 'sh']
  return { dir, wrap: [...wrap, ...asSelf], release: async () => undefined }
}

/** Makes a folder read-only: by its mode, or, for root, whom no mode stops, by mounting a read-only disk. */
export async function mountReadOnly(dir: string): Promise<() => Promise<void>> {
  if (!isRoot) {
    await chmod(dir, 0o555)
    return () => chmod(dir, 0o755)
  }
  await run('mount', ['-t', 'tmpfs', '-o', 'ro', 'hooklane-test', dir])
  return () => unmount(dir)
}

async function unmount(dir: string): Promise<void> {
  await run('umount', [dir])
}
