import { partitionOfKey, type Clock } from '@hooklane/core/kernel'
import type { EntityEvent } from '@hooklane/contracts/public'
import { CaptureMarkTaken, type ReadCaptureMark } from '@hooklane/postgres'
import { mergeGaps } from '../marks/merge-gaps.js'
import type { MarkStore } from '../marks/mark-keeper.js'
import type { KnownPosition, PublishedEvent } from '../publishing/published-positions.js'

export const PARTITIONS = 2

/** Timers that never run: a test calls the timed functions itself. So a process that "crashed" leaves no timer behind. */
export const NO_TIMERS: Pick<Clock, 'after'> = { after: () => () => undefined }

export interface TopicEvent extends PublishedEvent {
  readonly event: Pick<EntityEvent, 'type' | 'companyId'> & Partial<EntityEvent>
}

/** What outlives a process: the topic, and the database of marks. */
export class Outside {
  readonly topic: TopicEvent[][] = [[], []]
  mark: ReadCaptureMark | null = null
  /** Whether the database of marks is unreachable, so that nothing can be saved. */
  isDatabaseAway = false
  private owner = ''

  readonly store: MarkStore = {
    read: () => Promise.resolve(this.mark),
    claim: (_producer, owner, position) => {
      this.owner = owner
      this.mark = { ...(this.mark ?? { ...EMPTY_MARK, position }), owner }
      return Promise.resolve(this.mark)
    },
    save: (producer, owner, { closedGaps = [], catalogue, companies, ...update }) => {
      if (this.isDatabaseAway) return Promise.reject(new Error('away'))
      if (owner !== this.owner) return Promise.reject(new CaptureMarkTaken(producer))
      const before = this.mark ?? EMPTY_MARK
      if (update.position >= before.position) {
        const isSameEpoch = before.position.slice(0, 4) === update.position.slice(0, 4)
        const gaps = [...(isSameEpoch ? before.gaps : [])].filter(([table]) => !closedGaps.includes(table))
        const large = { catalogue: catalogue ?? before.catalogue, companies: companies ?? before.companies }
        this.mark = structuredClone({ ...update, ...large, owner, gaps: new Map(gaps) })
      }
      return Promise.resolve()
    },
    noteGaps: (_producer, owner, { gaps }) => {
      if (this.mark?.owner === owner) this.mark = { ...this.mark, gaps: mergeGaps(this.mark.gaps, gaps) }
      return Promise.resolve()
    },
  }

  /** All events in the order of their positions. */
  get events(): TopicEvent[] {
    return this.topic.flat().sort((a, b) => (a.position < b.position ? -1 : 1))
  }

  get positions(): string[] {
    return this.events.map(({ position }) => position)
  }

  append(company: string, published: PublishedEvent, event?: TopicEvent['event']): void {
    const partition = this.topic[partitionOfKey(Buffer.from(company), PARTITIONS)]
    partition?.push({ ...published, event: event ?? { type: 'items.created', companyId: company } })
  }

  since(known: KnownPosition | null): Map<number, PublishedEvent> {
    const last = this.topic.map((events, partition) => events.slice(Number(known?.offsets.get(partition) ?? 0)).at(-1))
    return new Map(last.flatMap((event, partition) => (event ? [[partition, event] as const] : [])))
  }
}

const EMPTY_MARK: ReadCaptureMark = {
  owner: null,
  position: '',
  xid: null,
  offsets: new Map(),
  tables: new Map(),
  log: null,
  settledLsn: null,
  configuration: null,
  catalogue: {},
  announcements: [],
  companies: [],
  gaps: new Map(),
}
