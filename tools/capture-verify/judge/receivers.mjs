import { isDeepStrictEqual } from 'node:util'
import { show, undo } from './contents.mjs'

/**
 * Simulated receivers, one per company and resource, and the entities that each one knows. A receiver applies events in order, and fetches
 * everything again on `resync.required`.
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

  /**
   * Replaces everything that the receiver knows of the resource.
   *
   * @param {string} company
   * @param {string} resource
   * @param {Iterable<[string, any]>} entities
   */
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
   * Compares an event with what its receiver knows.
   *
   * @param {any} event
   * @param {(column: string) => boolean} isVolatile - Whether the known values of a column may be outdated.
   * @returns {string | null} the contradiction; null: there is none
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
    return `says that ${column} was ${show(before[column])}, but its receiver knows ${show(known[column])}`
  }
}

/** @param {string} type `product.parts.updated` */
export const resourceOf = (type) => type.slice(0, type.lastIndexOf('.'))
