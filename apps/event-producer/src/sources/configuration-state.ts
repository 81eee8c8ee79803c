/** What was last said of one key. */
export interface KeyState {
  readonly version: bigint
  readonly isDeleted: boolean
}

/**
 * What the topic says of each key, as far as it was published or is on its way. Of two records of a key the higher version is the newer;
 * at the same version a deletion is the newer one, because it is recorded under the version of the row that it removed.
 */
export class ConfigurationState {
  private readonly keys = new Map<string, KeyState>()

  /** True when the record says something new; then it counts as said. */
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
