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
 * Mounts an in-memory disk of this size on a folder. If the tests run as root, all programs see the disk. Any other user can mount a disk
 * only in a user namespace; then only programs that are started with `wrap` see it.
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

/** Makes a folder read-only by its mode. Root can write regardless of the mode, so for root a read-only disk is mounted on the folder. */
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
