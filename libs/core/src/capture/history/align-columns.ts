/** Columns that a table had in some period, by their attribute numbers. */
export interface PossibleColumns {
  /** Columns that the table certainly had. */
  readonly must: ReadonlySet<number>
  /** Columns that the table may have had: a superset of `must`. The table may also have had columns that the catalogue never showed. */
  readonly may: ReadonlySet<number>
}

/** Columns of a table that a logged row may hold. */
export interface KnownColumns {
  /** Attribute number → every name under which the column was seen. */
  readonly names: ReadonlyMap<number, readonly string[]>
  /** The columns of the table in the period in which the row may have been written. */
  readonly possible: PossibleColumns
}

/**
 * Score of matching a logged column with an attribute that was seen under its name. Any other match scores 0: the attribute may have had
 * the name between two looks (reads of the catalogue).
 */
const KNOWN_NAME = 2
/** Score of assuming that a logged column was added and dropped between two looks: the least likely explanation. */
const UNSEEN = -1

/**
 * For each column of a row, the attribute numbers that it may have. Null stands for the attribute number of a column that was never seen.
 */
type Alignment = readonly ReadonlySet<number | null>[]

/**
 * Finds, for each column of a logged row, which columns of the table it may be. The WAL has a row's columns in the order of their attribute
 * numbers, and renaming, adding or dropping a column does not change that order. So the columns of the row and of the table are aligned in
 * this order, and by name where names are known.
 * @param logged names, in the order of the WAL
 * @returns all best alignments; null when the row cannot be aligned, because it was written before the first look at the catalogue
 */
export function alignColumns({ names, possible }: KnownColumns, logged: readonly string[]): Alignment | null {
  const { must, may } = possible
  const attributes = [...may].sort((a, b) => a - b)
  const known = attributesByName(attributes, names)
  const namedLike = logged.map((name) => known.get(name))
  const skips = attributes.map((attribute) => (must.has(attribute) ? -Infinity : 0))
  const costs: Costs = {
    columns: logged.length,
    attributes: attributes.length,
    gainOf: (at, to) => (namedLike[at]?.has(to) ? KNOWN_NAME : 0),
    skipOf: (to) => skips[to] ?? 0,
  }
  const before = scoresBefore(costs)
  const after = scoresAfter(costs)
  const best = after.get(0, 0)
  if (best === -Infinity) return null
  return logged.map((_, at) => {
    const found = new Set<number | null>()
    for (let to = 0; to <= attributes.length; to++) {
      const attribute = attributes[to]
      if (before.get(at, to) + UNSEEN + after.get(at + 1, to) === best) found.add(null)
      if (attribute === undefined) continue
      if (before.get(at, to) + costs.gainOf(at, to) + after.get(at + 1, to + 1) === best) found.add(attribute)
    }
    return found
  })
}

/** Name → indexes of the attributes that were seen under it. */
function attributesByName(
  attributes: readonly number[],
  names: KnownColumns['names'],
): ReadonlyMap<string, ReadonlySet<number>> {
  const known = new Map<string, Set<number>>()
  for (const [index, attribute] of attributes.entries()) {
    for (const name of names.get(attribute) ?? []) known.set(name, (known.get(name) ?? new Set()).add(index))
  }
  return known
}

/** How an alignment of `columns` logged columns with `attributes` known attributes is scored. */
interface Costs {
  readonly columns: number
  readonly attributes: number
  /** Score of matching the column with the attribute. */
  readonly gainOf: (column: number, attribute: number) => number
  /** Score of a row that lacks the attribute. */
  readonly skipOf: (attribute: number) => number
}

/** The best score of aligning the columns before `at` with the attributes before `to`. */
function scoresBefore({ columns, attributes, gainOf, skipOf }: Costs): Scores {
  const scores = table(columns, attributes)
  for (let at = 0; at <= columns; at++) {
    for (let to = 0; to <= attributes; to++) {
      if (at === 0 && to === 0) continue
      const skipped = to > 0 ? scores.get(at, to - 1) + skipOf(to - 1) : -Infinity
      const unseen = scores.get(at - 1, to) + UNSEEN
      const taken = at > 0 && to > 0 ? scores.get(at - 1, to - 1) + gainOf(at - 1, to - 1) : -Infinity
      scores.set(at, to, Math.max(skipped, unseen, taken))
    }
  }
  return scores
}

/** The best score of aligning the columns from `at` on with the attributes from `to` on. */
function scoresAfter({ columns, attributes, gainOf, skipOf }: Costs): Scores {
  const scores = table(columns, attributes)
  for (let at = columns; at >= 0; at--) {
    for (let to = attributes; to >= 0; to--) {
      if (at === columns && to === attributes) continue
      const skipped = to < attributes ? scores.get(at, to + 1) + skipOf(to) : -Infinity
      const unseen = scores.get(at + 1, to) + UNSEEN
      const taken = at < columns && to < attributes ? scores.get(at + 1, to + 1) + gainOf(at, to) : -Infinity
      scores.set(at, to, Math.max(skipped, unseen, taken))
    }
  }
  return scores
}

interface Scores {
  readonly get: (at: number, to: number) => number
  readonly set: (at: number, to: number, score: number) => void
}

/**
 * Scores by column index and attribute index. Both indexes go from 0 to one past the last. A column index outside that range scores
 * `-Infinity` (impossible).
 */
function table(columns: number, attributes: number): Scores {
  const width = attributes + 1
  const scores = new Float64Array((columns + 1) * width)
  return {
    get: (at, to) => scores[at * width + to] ?? -Infinity,
    set: (at, to, score) => {
      scores[at * width + to] = score
    },
  }
}
