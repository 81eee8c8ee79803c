import type {
  AppConfiguration,
  CompanyConfiguration,
  EndedStreamConfiguration,
  SubscriptionConfiguration,
  WorkerGroupConfiguration,
} from '@hooklane/contracts/records'
import type { ConfigurationRecord, VersionedSubscription } from './configuration-record.js'

/**
 * The configuration as one process knows it: the newest record of each key, deletions included. Records may come in any order and more than
 * once: of two records with the same key the higher version counts. Deletions are remembered with their version, so that an older record
 * does not restore a deleted row, and "deleted" can be told from "not read yet".
 *
 * The lists of a company or an app, and `endedStreams`, are ordered by id. Each stays the same array until one of its entries changes,
 * because it is read for every event.
 */
export class ConfigurationView {
  private readonly companies = new Table<CompanyConfiguration>()
  private readonly appTable = new Table<AppConfiguration>()
  private readonly subscriptionTable = new Table<SubscriptionConfiguration>()
  private readonly groups = new Table<WorkerGroupConfiguration>()
  private readonly endedStreamTable = new Table<EndedStreamConfiguration>()
  private endedStreamList: readonly EndedStreamConfiguration[] = NONE
  private readonly appsByCompany = new Index<AppConfiguration>((app) => app.companyId)
  private readonly byCompany = new Index<SubscriptionConfiguration>((subscription) => subscription.companyId)
  private readonly byApp = new Index<SubscriptionConfiguration>((subscription) => subscription.appId)
  private highestVersion = 0n

  /** Adds a record. Returns false when it is a copy or older than the known one. */
  put(record: ConfigurationRecord): boolean {
    if (record.version > this.highestVersion) this.highestVersion = record.version
    switch (record.kind) {
      case 'company':
        return this.companies.put(record) !== null
      case 'app':
        return adopt(this.appTable.put(record), [this.appsByCompany])
      case 'subscription':
        return adopt(this.subscriptionTable.put(record), [this.byCompany, this.byApp])
      case 'workerGroup':
        return this.groups.put(record) !== null
      case 'endedStream': {
        const isNew = this.endedStreamTable.put(record) !== null
        if (isNew) this.endedStreamList = this.endedStreamTable.live()
        return isNew
      }
    }
  }

  /** The highest version seen of any key; 0 before the first. */
  get version(): bigint {
    return this.highestVersion
  }

  company(companyId: string): CompanyConfiguration | undefined {
    return this.companies.get(companyId)?.value
  }

  /** Ordered by id. */
  companyIds(): readonly string[] {
    return this.companies.live().map(({ id }) => id)
  }

  app(appId: string): AppConfiguration | undefined {
    return this.appTable.get(appId)?.value
  }

  appsOfCompany(companyId: string): readonly AppConfiguration[] {
    return this.appsByCompany.values(companyId)
  }

  subscription(subscriptionId: string): VersionedSubscription | undefined {
    return this.subscriptionTable.get(subscriptionId)
  }

  /** Version at which the subscription was deleted; undefined when it exists or was never read. */
  subscriptionDeletedAt(subscriptionId: string): bigint | undefined {
    return this.subscriptionTable.deletedAt(subscriptionId)
  }

  subscriptionsOfCompany(companyId: string): readonly VersionedSubscription[] {
    return this.byCompany.list(companyId)
  }

  subscriptionsOfApp(appId: string): readonly VersionedSubscription[] {
    return this.byApp.list(appId)
  }

  hasWorkerGroup(name: string): boolean {
    return this.workerGroup(name) !== undefined
  }

  workerGroup(name: string): WorkerGroupConfiguration | undefined {
    return this.groups.get(name)?.value
  }

  endedStreams(): readonly EndedStreamConfiguration[] {
    return this.endedStreamList
  }

  /** Ordered by name. */
  workerGroups(): readonly WorkerGroupConfiguration[] {
    return this.groups.live()
  }
}

interface Versioned<T> {
  readonly version: bigint
  readonly value: T
}

/** What one adopted record changed. */
interface Change<T> {
  readonly id: string
  readonly before: Versioned<T> | undefined
  readonly after: Versioned<T> | undefined
}

class Table<T> {
  private readonly rows = new Map<string, { readonly version: bigint; readonly value: T | null }>()

  put({ id, version, body }: { id: string; version: bigint; body: T | null }): Change<T> | null {
    const known = this.rows.get(id)
    if (known && (known.version > version || (known.version === version && !isDeletionOf(known.value, body))))
      return null
    const before = this.get(id)
    this.rows.set(id, { version, value: body })
    return { id, before, after: this.get(id) }
  }

  get(id: string): Versioned<T> | undefined {
    const row = this.rows.get(id)
    return row && row.value !== null ? (row as Versioned<T>) : undefined
  }

  deletedAt(id: string): bigint | undefined {
    const row = this.rows.get(id)
    return row?.value === null ? row.version : undefined
  }

  live(): readonly T[] {
    return [...this.rows]
      .sort(byId)
      .map(([, row]) => row.value)
      .filter((value): value is T => value !== null)
  }
}

/** A deletion is recorded under the version of the row that it removed. */
const isDeletionOf = (known: unknown, body: unknown): boolean => known !== null && body === null

/** Rows grouped by one of their properties. Each list is ordered by id, and built when it is first read after a change. */
class Index<T> {
  private readonly members = new Map<string, Map<string, Versioned<T>>>()
  private readonly lists = new Map<string, readonly Versioned<T>[]>()

  constructor(private readonly keyOf: (value: T) => string) {}

  apply({ id, before, after }: Change<T>): void {
    if (before) this.remove(this.keyOf(before.value), id)
    if (after) this.add(this.keyOf(after.value), id, after)
  }

  list(key: string): readonly Versioned<T>[] {
    const members = this.members.get(key)
    if (!members) return NONE
    let list = this.lists.get(key)
    if (!list) {
      list = [...members].sort(byId).map(([, row]) => row)
      this.lists.set(key, list)
    }
    return list
  }

  values(key: string): readonly T[] {
    return this.list(key).map((row) => row.value)
  }

  private add(key: string, id: string, row: Versioned<T>): void {
    const members = this.members.get(key) ?? new Map<string, Versioned<T>>()
    members.set(id, row)
    this.members.set(key, members)
    this.lists.delete(key)
  }

  private remove(key: string, id: string): void {
    const members = this.members.get(key)
    members?.delete(id)
    if (members?.size === 0) this.members.delete(key)
    this.lists.delete(key)
  }
}

const NONE: readonly never[] = Object.freeze([])

const byId = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0

function adopt<T>(change: Change<T> | null, indexes: readonly Index<T>[]): boolean {
  if (!change) return false
  for (const index of indexes) index.apply(change)
  return true
}
