/** Computes the entities that a receiver knows after it has applied all events by the documented rules. */

type Json = null | boolean | number | string | Json[] | JsonObject
interface JsonObject {
  [key: string]: Json
}

interface ReceivedChange {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: string
  readonly before?: Json
  readonly after?: Json
}

export interface ReceivedEnvelope {
  readonly id: string
  readonly type: string
  readonly entity: { readonly type: string; readonly id: string }
  readonly revision: {
    readonly id: string
    readonly operation: 'create' | 'update' | 'delete'
    readonly changes: readonly ReceivedChange[]
    readonly changed: readonly string[]
    readonly omitted?: readonly string[]
  }
  readonly order: { readonly sequence: number; readonly previous: number }
  readonly data: JsonObject
}

/** Applies events in the order of arrival. Reports every contradiction between events in `findings`. */
export class EntityFold {
  readonly entities = new Map<string, JsonObject>()
  readonly findings: string[] = []
  private lastSequence = 0
  private lastRevision = ''

  /** @param ignored ignored columns: `data` contains them, but `changes` does not */
  constructor(private readonly ignored: readonly string[] = []) {}

  take(envelope: ReceivedEnvelope): void {
    const { entity, revision, order } = envelope
    const name = `${entity.type}/${entity.id}`
    this.expect(
      order.sequence === this.lastSequence + 1 && order.previous === this.lastSequence,
      `${name}: sequence ${order.sequence}`,
    )
    this.expect(revision.id > this.lastRevision, `${name}: revision ${revision.id} after ${this.lastRevision}`)
    this.lastSequence = order.sequence
    this.lastRevision = revision.id
    const known = this.entities.get(name)
    if (revision.operation === 'create') {
      this.expect(known === undefined, `${name}: created twice`)
      this.entities.set(name, envelope.data)
    } else if (revision.operation === 'update') {
      this.update(name, known, envelope)
    } else {
      this.expect(known !== undefined, `${name}: deleted before it was created`)
      this.entities.delete(name)
    }
  }

  /** Checks that the changes lead from the known state to `data`. Skips the check if values were omitted because of their size. */
  private update(name: string, known: JsonObject | undefined, { data, revision }: ReceivedEnvelope): void {
    if (known === undefined) {
      this.findings.push(`${name}: updated before it was created`)
      return
    }
    this.expect(revision.changes.length > 0, `${name}: an update without a change`)
    if (!revision.omitted) {
      const patched = applyChanges(structuredClone(known), revision.changes)
      this.expect(
        JSON.stringify(this.told(patched)) === JSON.stringify(this.told(data)),
        `${name}: the changes do not lead to the data`,
      )
    }
    this.entities.set(name, data)
  }

  private told(state: Json): Json {
    const told = sorted(state)
    for (const column of this.ignored) Reflect.deleteProperty(told as JsonObject, column)
    return told
  }

  private expect(holds: boolean, finding: string): void {
    if (!holds) this.findings.push(finding)
  }
}

function applyChanges(state: JsonObject, changes: readonly ReceivedChange[]): Json {
  for (const { op, path, after } of changes) {
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = keys.pop()
    const parent = keys.reduce<Json>((value, key) => own(value, key), state)
    if (last === undefined || parent === null || typeof parent !== 'object') throw new Error(`no place for ${path}`)
    if (op === 'remove') Reflect.deleteProperty(parent, last)
    // Not by assignment, because a key may be `__proto__`.
    else
      Object.defineProperty(parent, last, {
        value: after ?? null,
        enumerable: true,
        configurable: true,
        writable: true,
      })
  }
  return state
}

function own(value: Json, key: string): Json {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return null
  return (value as JsonObject)[key] ?? null
}

/** The same value with the keys of every object in order. */
export function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] ?? null)]),
  )
}
