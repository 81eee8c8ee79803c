import type { Change, JsonObject, JsonValue } from '@hooklane/contracts/public'
import { isJsonObject, jsonEquals, memberOf } from './json-objects.js'
import { childPointer, MAX_POINTER_LENGTH } from './json-pointer.js'

/**
 * Maximum number of bytes for all paths of one event, in `changed` and `changes` together. If there are more, the columns whose paths take
 * the most bytes are reported as whole values, so that the paths leave room for the values. Too low: small changes inside a column are
 * reported as a new value of the whole column. Too high: the values have to be left out of the event.
 */
export const MAX_PATH_BYTES = 128 * 1024

/** Bytes of one change without its path and values: `{"op":"replace","path":,"before":,"after":},`, roughly. */
const CHANGE_OVERHEAD = 60

/**
 * The changes that turn `before` into `after`, except for the columns in `ignored`. The path of each change is a JSON Pointer to a column
 * or to a name inside an object. Arrays, and values of different kinds, are compared and replaced as a whole.
 */
export function diffStates(before: JsonObject, after: JsonObject, ignored: ReadonlySet<string>): Change[] {
  const columns = unionOfNames(before, after)
    .filter((name) => !ignored.has(name))
    .map((name) => {
      const [old, now] = [memberOf(before, name), memberOf(after, name)]
      const pointer = childPointer('', name)
      const coarse = () => wholeValue(pointer, old, now)
      const changes = new ColumnChanges()
      changes.compare(pointer, old, now)
      return { changes: changes.all ?? coarse(), coarse }
    })
  coarsen(
    columns,
    ({ changes }) => changes.map((change) => change.path),
    (column) => (column.changes = column.coarse()),
  )
  return columns.flatMap((column) => column.changes)
}

/**
 * What a creation reports as changed: the paths of all values in `data` that are not objects with members. The columns of the id are left
 * out.
 */
export function leafPaths(data: JsonObject, idColumns: readonly string[]): string[] {
  const columns = Object.entries(data)
    .filter(([name]) => !idColumns.includes(name))
    .map(([name, value]) => {
      const pointer = childPointer('', name)
      const paths = new WithinBudget<string>((path) => path)
      collectLeaves(pointer, value, paths)
      return { paths: paths.all ?? [pointer], pointer }
    })
  coarsen(
    columns,
    ({ paths }) => paths,
    (column) => (column.paths = [column.pointer]),
  )
  return columns.flatMap((column) => column.paths)
}

function wholeValue(path: string, before: JsonValue | undefined, after: JsonValue | undefined): Change[] {
  if (before === undefined) return after === undefined ? [] : [{ op: 'add', path, after }]
  if (after === undefined) return [{ op: 'remove', path, before }]
  return jsonEquals(before, after) ? [] : [{ op: 'replace', path, before, after }]
}

function collectLeaves(pointer: string, value: JsonValue, into: WithinBudget<string>): void {
  if (into.isSpent) return
  if (isJsonObject(value)) {
    const pointers = Object.keys(value).map((name) => childPointer(pointer, name))
    if (pointers.length > 0 && pointers.every((one) => one.length <= MAX_POINTER_LENGTH)) {
      for (const [name, member] of Object.entries(value)) collectLeaves(childPointer(pointer, name), member, into)
      return
    }
  }
  into.add(pointer)
}

/** The names of `before`, then those that only `after` has. */
function unionOfNames(before: JsonObject, after: JsonObject): string[] {
  const names = Object.keys(before)
  for (const name of Object.keys(after)) if (!Object.hasOwn(before, name)) names.push(name)
  return names
}

/** Reports whole columns, those whose paths take the most bytes first, until all paths together take at most `MAX_PATH_BYTES`. */
function coarsen<T>(
  columns: readonly T[],
  pathsOf: (column: T) => readonly string[],
  makeCoarse: (column: T) => void,
): void {
  const weightNow = (column: T) => pathsOf(column).reduce((sum, path) => sum + weightOf(path), 0)
  const weighed = columns.map((column) => ({ column, weight: weightNow(column) }))
  let total = weighed.reduce((sum, one) => sum + one.weight, 0)
  if (total <= MAX_PATH_BYTES) return
  weighed.sort((a, b) => b.weight - a.weight)
  for (const { column, weight } of weighed) {
    if (total <= MAX_PATH_BYTES) return
    makeCoarse(column)
    total -= weight - weightNow(column)
  }
}

/**
 * Collects the changes or the paths of one column, until the paths take more than `MAX_PATH_BYTES`. From then on it is certain that the
 * column is reported as a whole value, and collecting more would take unbounded memory and time (a name of 4,000 characters is part of the
 * path of every member below it).
 */
class WithinBudget<T> {
  private readonly found: T[] = []
  private left = MAX_PATH_BYTES

  constructor(private readonly pathOf: (one: T) => string) {}

  add(one: T): void {
    this.left -= weightOf(this.pathOf(one))
    if (!this.isSpent) this.found.push(one)
  }

  get isSpent(): boolean {
    return this.left < 0
  }

  /** Everything that was added; null when its paths took more than `MAX_PATH_BYTES`. */
  get all(): T[] | null {
    return this.isSpent ? null : this.found
  }
}

/** The changes of one column. */
class ColumnChanges extends WithinBudget<Change> {
  constructor() {
    super((change) => change.path)
  }

  compare(pointer: string, before: JsonValue | undefined, after: JsonValue | undefined): void {
    if (this.isSpent) return
    if (isJsonObject(before) && isJsonObject(after)) {
      const names = unionOfNames(before, after)
      if (names.every((name) => childPointer(pointer, name).length <= MAX_POINTER_LENGTH)) {
        for (const name of names)
          this.compare(childPointer(pointer, name), memberOf(before, name), memberOf(after, name))
        return
      }
    }
    for (const change of wholeValue(pointer, before, after)) this.add(change)
  }
}

/** Bytes that a path takes in `changed` and in `changes` together. */
const weightOf = (path: string): number => 2 * Buffer.byteLength(path) + CHANGE_OVERHEAD
