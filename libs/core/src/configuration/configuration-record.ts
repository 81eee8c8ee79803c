import type {
  AppConfiguration,
  CompanyConfiguration,
  EndedStreamConfiguration,
  SubscriptionConfiguration,
  WorkerGroupConfiguration,
} from '@hooklane/contracts/records'

/** The body of each kind of configuration record. */
export interface ConfigurationBodies {
  readonly company: CompanyConfiguration
  readonly app: AppConfiguration
  readonly subscription: SubscriptionConfiguration
  readonly workerGroup: WorkerGroupConfiguration
  readonly endedStream: EndedStreamConfiguration
}

interface RecordOf<K extends keyof ConfigurationBodies> {
  /** `<kind>:<id>` */
  readonly key: string
  readonly kind: K
  readonly id: string
  /** Of two records with the same key, the one with the higher version is newer. Records with different keys never share a version. */
  readonly version: bigint
  /** Null: deleted at this version. */
  readonly body: ConfigurationBodies[K] | null
}

/** One record of the configuration topic, of any kind. */
export type ConfigurationRecord =
  RecordOf<'company'> | RecordOf<'app'> | RecordOf<'subscription'> | RecordOf<'workerGroup'> | RecordOf<'endedStream'>

/** A subscription's configuration and the version of its row. */
export interface VersionedSubscription {
  readonly version: bigint
  readonly value: SubscriptionConfiguration
}
