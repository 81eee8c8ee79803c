import type { Change, EntityEvent, JsonObject, JsonValue } from '@hooklane/contracts/public'
import { JsonSizes } from './json-byte-length.js'
import { isJsonObject } from './json-objects.js'
import { childPointer, MAX_POINTER_LENGTH } from './json-pointer.js'

/** A value that was left out of an event. */
export interface Omission {
  readonly pointer: string
  /** Bytes of JSON that the value took, including its name and punctuation. */
  readonly bytes: number
}

interface Part {
  /** Bytes of JSON that the part takes now. */
  readonly bytes: number
  readonly isLeftOut: boolean
  /** Leaves out the part, or only a member that makes up at least half of it. */
  leaveOut(): Omission
}

/**
 * The values of an event that may be left out: every value in `data`, at any depth, and both sides of each change. The event itself is
 * never changed.
 *
 * Every part is measured once, and nothing is copied before the end: leaving out many parts costs no more than reading the event.
 */
export class OmittableParts {
  private readonly data: Members
  private readonly sides: ChangeSide[] = []
  private readonly parts = new PartsBySize<Part>()

  constructor(private readonly event: EntityEvent) {
    const sizes = new JsonSizes()
    this.data = new Members(event.data ?? {}, '', sizes)
    for (const [index, change] of (event.revision?.changes ?? []).entries()) {
      for (const side of ['before', 'after'] as const) {
        if (change[side] !== undefined) this.sides.push(new ChangeSide({ index, side }, change, sizes))
      }
    }
    this.parts.fill([...this.data.all, ...this.sides])
  }

  /** Leaves out the largest part, or only a member that makes up at least half of it. Returns null when no part is left. */
  leaveOutLargest(): Omission | null {
    return this.parts.leaveOutLargest()
  }

  /** The event without the parts that were left out. */
  rest(omitted: string[]): EntityEvent {
    const { event } = this
    if (!event.revision) return event
    const changes = [...(event.revision.changes ?? [])]
    for (const side of this.sides) side.removeFrom(changes)
    const data = event.data === null ? null : this.data.rest()
    return { ...event, revision: { ...event.revision, changes, omitted }, data }
  }
}

/** Parts in ascending order of their size. */
class PartsBySize<P extends Part> {
  private ascending: P[] = []

  fill(parts: readonly P[]): void {
    this.ascending = [...parts].sort((a, b) => a.bytes - b.bytes)
  }

  get largest(): P | undefined {
    return this.ascending.at(-1)
  }

  leaveOutLargest(): Omission | null {
    const part = this.ascending.pop()
    if (!part) return null
    const omission = part.leaveOut()
    // A part that lost only a member is smaller now.
    if (!part.isLeftOut) this.ascending.splice(this.placeOf(part.bytes), 0, part)
    return omission
  }

  private placeOf(bytes: number): number {
    let [from, to] = [0, this.ascending.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.ascending[middle]?.bytes ?? 0) <= bytes) from = middle + 1
      else to = middle
    }
    return from
  }
}

/** The members of one object. */
class Members {
  readonly all: readonly Member[]
  /** Number of members that are not left out. */
  count: number

  constructor(object: JsonObject, pointer: string, sizes: JsonSizes) {
    const entries = Object.entries(object)
    this.count = entries.length
    this.all = entries.map(([name, value]) => new Member(this, { name, value, pointer, sizes }))
  }

  rest(): JsonObject {
    return Object.fromEntries(
      this.all.filter((member) => !member.isLeftOut).map((member) => [member.name, member.rest()]),
    )
  }
}

class Member implements Part {
  readonly name: string
  isLeftOut = false
  bytes: number
  private readonly value: JsonValue
  private readonly sizes: JsonSizes
  private readonly parentPointer: string
  /** The members of the value, if it is an object. Set when they are first needed. */
  private inside: { readonly members: Members; readonly bySize: PartsBySize<Member> } | null = null

  constructor(
    private readonly siblings: Members,
    made: { readonly name: string; readonly value: JsonValue; readonly pointer: string; readonly sizes: JsonSizes },
  ) {
    this.name = made.name
    this.value = made.value
    this.sizes = made.sizes
    this.parentPointer = made.pointer
    this.bytes = this.sizes.of(this.name) + 1 + this.sizes.of(this.value)
  }

  leaveOut(): Omission {
    const inside = this.lookInside()
    const main = inside?.largest
    const isMost = main !== undefined && main.bytes * 2 >= this.bytes && main.pointer.length <= MAX_POINTER_LENGTH
    const omission = isMost ? inside?.leaveOutLargest() : null
    if (omission) {
      this.bytes -= omission.bytes
      return omission
    }
    this.isLeftOut = true
    this.siblings.count--
    const comma = this.siblings.count > 0 ? 1 : 0
    return { pointer: this.pointer, bytes: this.bytes + comma }
  }

  rest(): JsonValue {
    return this.inside ? this.inside.members.rest() : this.value
  }

  private get pointer(): string {
    return childPointer(this.parentPointer, this.name)
  }

  private lookInside(): PartsBySize<Member> | null {
    if (!isJsonObject(this.value)) return null
    if (!this.inside) {
      const members = new Members(this.value, this.pointer, this.sizes)
      const bySize = new PartsBySize<Member>()
      bySize.fill(members.all)
      this.inside = { members, bySize }
    }
    return this.inside.bySize
  }
}

class ChangeSide implements Part {
  isLeftOut = false
  readonly bytes: number
  private readonly pointer: string

  constructor(
    private readonly place: { readonly index: number; readonly side: 'before' | 'after' },
    change: Change,
    sizes: JsonSizes,
  ) {
    const { side } = place
    this.pointer = change.path
    // `,"before":` and the value.
    this.bytes = 1 + sizes.of(side) + 1 + sizes.of(change[side])
  }

  leaveOut(): Omission {
    this.isLeftOut = true
    return { pointer: this.pointer, bytes: this.bytes }
  }

  removeFrom(changes: Change[]): void {
    const { index, side } = this.place
    const change = changes[index]
    if (!this.isLeftOut || !change) return
    const rest = { ...change }
    if (side === 'before') delete rest.before
    else delete rest.after
    changes[index] = rest
  }
}
