/** The newest published state of one key. */
export interface KeyState {
  readonly version: bigint
  readonly isDeleted: boolean
}

/**
 * The newest state of each key that is published or about to be. Of two records of a key, the one with the higher version is newer. At the
 * same version a deletion is newer, because it has the version of the row that it removed.
 */
export class ConfigurationState {
  private readonly keys = new Map<string, KeyState>()

  /** Adopts the state when it is newer, and returns whether it is. */
  adopt(key: string, state: KeyState): boolean {
    if (!this.isNewer(key, state)) return false
    this.keys.set(key, state)
    return true
  }

  isNewer(key: string, state: KeyState): boolean {
    const known = this.keys.get(key)
    if (!known) return true
    if (state.version !== known.version) return state.version > known.version
    return state.isDeleted && !known.isDeleted
  }

  /** Keys that are not deleted, with their versions. */
  *live(): Iterable<readonly [string, bigint]> {
    for (const [key, { version, isDeleted }] of this.keys) if (!isDeleted) yield [key, version]
  }
}
