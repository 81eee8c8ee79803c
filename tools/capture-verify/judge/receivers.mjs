import { isDeepStrictEqual } from 'node:util'
import { show, undo } from './contents.mjs'

/**
 * What receivers know: one per company and resource, that applies events as they come and fetches everything again when it is told to.
 */
export class Receivers {
  /** @type {Map<string, Map<string, any>>} */
  #known = new Map()

  /** @param {string} company @param {string} resource @returns {Map<string, any>} id → data */
  of(company, resource) {
    const name = `${company}\0${resource}`
    let known = this.#known.get(name)
    if (!known) {
      known = new Map()
      this.#known.set(name, known)
    }
    return known
  }

  /** It fetches all entities of the resource. @param {string} company @param {string} resource @param {Iterable<[string, any]>} entities */
  fetch(company, resource, entities) {
    this.#known.set(`${company}\0${resource}`, new Map(entities))
  }

  /** @param {any} event */
  apply({ companyId, type, entity, data, revision }) {
    const known = this.of(companyId, resourceOf(type))
    if (revision.operation === 'delete') known.delete(entity.id)
    else known.set(entity.id, data)
  }

  /**
   * What an event says that does not follow from what its receiver knows.
   *
   * @param {any} event
   * @param {(column: string) => boolean} isVolatile - What is known of these columns may be of before.
   * @returns {string | null}
   */
  contradiction({ companyId, type, entity, data, revision }, isVolatile) {
    const known = this.of(companyId, resourceOf(type)).get(entity.id)
    if (revision.operation === 'create') return known === undefined ? null : 'is created although its receiver knows it'
    if (known === undefined) return 'is not known to its receiver'
    if (revision.operation === 'delete') return null
    const before = undo(revision.changes, data)
    if (typeof before === 'string') return before
    const column = Object.keys(before).find(
      (name) => !isVolatile(name) && Object.hasOwn(known, name) && !isDeepStrictEqual(known[name], before[name]),
    )
    if (column === undefined) return null
    return `had ${column} ${show(before[column])} by its event, its receiver knows ${show(known[column])}`
  }
}

/** @param {string} type `product.parts.updated` */
export const resourceOf = (type) => type.slice(0, type.lastIndexOf('.'))
