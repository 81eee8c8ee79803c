import { isDeepStrictEqual } from 'node:util'

/** Columns that appear in `data` although their changes are not listed (`ignore` in capture.yaml). */
const IGNORED_COLUMNS = new Set(['updatedAt'])

/** @typedef {Record<string, unknown>} Row */

/**
 * A receiver's copy of the catalogue, built from events alone.
 */
export class Fold {
  /** Descriptions of events that do not follow from the state before them. @type {string[]} */
  unfitting = []
  /** Present rows by resource and id. @type {Map<string, Map<string, Row>>} */
  #rows = new Map()
  /** Ids of deleted rows by resource. @type {Map<string, Set<string>>} */
  #deleted = new Map()

  /** @param {any} envelope */
  apply({ type, event, entity, revision, data }) {
    const rows = this.of(event.resource)
    const before = rows.get(entity.id)
    const fault = this.#faultOf(event.action, before, revision, data)
    if (fault !== null) this.unfitting.push(`${type} ${entity.id}: ${fault}`)
    if (event.action === 'deleted') {
      rows.delete(entity.id)
      this.#deletedOf(event.resource).add(entity.id)
    } else {
      rows.set(entity.id, data)
      this.#deletedOf(event.resource).delete(entity.id)
    }
  }

  /** @param {string} resource @returns {Map<string, Row>} */
  of(resource) {
    return existing(this.#rows, resource, () => new Map())
  }

  /** @param {string} resource @param {string} id */
  wasDeleted(resource, id) {
    return this.#deletedOf(resource).has(id)
  }

  /** @param {string} resource @returns {Set<string>} */
  #deletedOf(resource) {
    return existing(this.#deleted, resource, () => new Set())
  }

  /**
   * @param {string} action @param {Row | undefined} before @param {any} revision @param {Row} data
   * @returns {string | null}
   */
  #faultOf(action, before, revision, data) {
    if (action === 'created') return before === undefined ? null : 'exists already'
    if (before === undefined) return 'does not exist'
    const expected = { ...before }
    for (const change of revision.changes) {
      const column = change.path.slice(1)
      if (!isDeepStrictEqual(expected[column], change.before)) return `${change.path} had another value before`
      expected[column] = change.after
    }
    const column = differingColumn(expected, data)
    return column === null ? null : `the changes do not lead to the new value of ${column}`
  }
}

/** @param {Row} expected @param {Row} data */
function differingColumn(expected, data) {
  const columns = new Set(
    [...Object.keys(expected), ...Object.keys(data)].filter((column) => !IGNORED_COLUMNS.has(column)),
  )
  return [...columns].find((column) => !isDeepStrictEqual(expected[column], data[column])) ?? null
}

/** @template K, V @param {Map<K, V>} map @param {K} key @param {() => V} make @returns {V} */
function existing(map, key, make) {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
