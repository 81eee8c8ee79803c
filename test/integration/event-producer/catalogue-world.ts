import { expect } from '@jest/globals'
import type { EntityEvent } from '@hooklane/contracts/public'
import { CaptureWorld, FREQUENT_CHECKS } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

/**
 * An event-producer with sources of one company each. Reads the `resync.required` events that it publishes, and the catalogue that it saves
 * for each source: the data files of the captured tables and of their partitions.
 */
export class CatalogueWorld {
  producer: ProducerProcess
  private constructor(readonly world: CaptureWorld) {
    this.producer = world.startWithoutCapture()
  }

  static async create(): Promise<CatalogueWorld> {
    const world = await CaptureWorld.create()
    const made = new CatalogueWorld(world)
    await made.stop()
    return made
  }

  sql(statements: string): Promise<unknown[]> {
    return this.world.pim.query(statements)
  }

  /** @param sources each source with its tables; `accept`: the ids of accepted gaps */
  async start(
    sources: Readonly<Record<string, { readonly tables: readonly string[]; readonly accept?: readonly string[] }>>,
  ): Promise<void> {
    await this.stop()
    const texts = Object.entries(sources).map(([name, { tables, accept = [] }]) =>
      [
        `  - name: ${name}`,
        '    database: ${PIM_URL}',
        `    company: { value: cmp_${name} }`,
        ...(accept.length > 0 ? [`    accept: [${accept.join(', ')}]`] : []),
        '    tables:',
        ...tables.map((table) => `      ${table}: { resource: ${table}s, entity: thing, id: id }`),
      ].join('\n'),
    )
    await this.world.captureText(`sources:\n${texts.join('\n')}\n`)
    this.producer = this.world.start({ ...FREQUENT_CHECKS })
  }

  stop(): Promise<unknown> {
    return this.producer.end('SIGTERM')
  }

  /** The reason and resources of each `resync.required` of a source, in the order of their positions. */
  told(source: string): unknown[] {
    return this.announcements(source).map(({ data }) => [data?.reason, data?.resources])
  }

  /** Waits until exactly these `resync.required` of the source are published. Expects them in the order of their positions. */
  async isTold(source: string, told: readonly (readonly [string, readonly string[]])[]): Promise<void> {
    await this.settled(source)
    await eventually(() => expect(this.told(source)).toEqual(told))
  }

  /** The events of a source in order: the entity id of each change, and the reason of each `resync.required`. */
  said(source: string): string[] {
    const ofSource = this.world.events().filter((event) => event.producer === source)
    return ofSource.sort(byPosition).map((event) => (event.revision ? event.entity.id : textOf(event.data?.reason)))
  }

  /**
   * Waits until the saved catalogue of the source contains the current data file of every table and partition, and no `resync.required` is
   * still to be published.
   */
  async settled(source: string): Promise<void> {
    await eventually(async () => {
      const [mark] = await this.world.own.query<{
        leaves: Record<string, Record<string, string[]>>
        waiting: unknown[]
      }>(
        `SELECT catalogue -> 'leaves' AS leaves, announcements AS waiting FROM hooklane.capture_mark WHERE producer = $1`,
        [source],
      )
      const known = Object.values(mark?.leaves ?? {}).flatMap((leaves) =>
        Object.entries(leaves).map(([oid, [file]]) => `${oid} ${file}`),
      )
      const roots = Object.keys(mark?.leaves ?? {}).map(Number)
      const found = await this.world.pim.query<{ leaf: string }>(
        `SELECT concat(c.oid, ' ', c.relfilenode) AS leaf FROM unnest($1::oid[]) AS root, pg_partition_tree(root) AS t
         JOIN pg_class c ON c.oid = t.relid WHERE isleaf
         UNION SELECT concat(oid, ' ', relfilenode) FROM pg_class WHERE oid = ANY ($1::oid[]) AND relkind = 'r'`,
        [roots],
      )
      expect([...known].sort()).toEqual(found.map(({ leaf }) => leaf).sort())
      expect(mark?.waiting).toEqual([])
    })
  }

  close(): Promise<void> {
    return this.world.close()
  }

  private announcements(source: string): EntityEvent[] {
    return this.world
      .events()
      .filter((event) => event.producer === source && event.type === 'resync.required')
      .sort(byPosition)
  }
}

/** A `resync.required` has no revision: its position is in `data.to`. */
const positionOf = ({ revision, data }: EntityEvent): string => revision?.id ?? textOf(data?.to)

const byPosition = (a: EntityEvent, b: EntityEvent): number => (positionOf(a) < positionOf(b) ? -1 : 1)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
