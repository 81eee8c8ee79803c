import type {
  CompanyConfiguration,
  DeliveryPolicy,
  AppConfiguration,
  SubscriptionConfiguration,
} from '@hooklane/contracts/records'
import { pause, type Clock } from '@hooklane/core/kernel'
import type { RecordRef, Verdict } from '@hooklane/core/lane'

/** The part of the configuration that the dispatcher reads. */
export interface DispatchView {
  company(companyId: string): CompanyConfiguration | undefined
  app(appId: string): AppConfiguration | undefined
  subscription(
    subscriptionId: string,
  ): { readonly version: bigint; readonly value: SubscriptionConfiguration } | undefined
  subscriptionDeletedAt(subscriptionId: string): bigint | undefined
}

export interface ConfigurationGateOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly view: DispatchView
  /** Resolves when everything that is in the configuration topic at the time of the call has been read. */
  readonly readToEnd: () => Promise<void>
  /** Called when heads with the verdict `notYet` must be decided again: after each read, and when the next read may start. */
  readonly onRead: () => void
  readonly onFailure: (error: unknown) => void
}

/**
 * Decides whether the head of a lane can be sent with the configuration that this process has read.
 *
 * The router may have read more of the configuration than this process. A head is therefore `notYet` while its subscription is unknown
 * here, or known in an older version than the head names. It stays `notYet` until the topic has been read to an end that was looked
 * up after the head was seen: such a read covers the head. A subscription that is unknown even then was deleted.
 */
export class ConfigurationGate {
  /** For each head, the number of the first read that covers it. */
  private readonly coveredBy = new WeakMap<RecordRef, number>()
  private completedReads = 0
  private startedReads = 0
  private reading: Promise<void> | null = null

  constructor(private readonly options: ConfigurationGateOptions) {}

  verdict(record: RecordRef): Verdict {
    const { view } = this.options
    const found = view.subscription(record.subscriptionId)
    if (found && found.version >= record.subscriptionVersion) return this.known(found.value, record)
    const deletedAt = view.subscriptionDeletedAt(record.subscriptionId)
    if (deletedAt !== undefined && deletedAt >= record.subscriptionVersion) return DELETED
    if (!found && this.isCovered(record)) return DELETED
    this.readOn(record)
    return { kind: 'notYet' }
  }

  /**
   * The record names a version of its subscription, but none of its app and company. So this process believes that the app or company is
   * missing, or the app disabled, only after a read that covers the head.
   */
  private known(subscription: SubscriptionConfiguration, record: RecordRef): Verdict {
    if (!subscription.enabled) return { kind: 'settle', status: 'dropped', reason: 'subscription_disabled' }
    const app = this.options.view.app(subscription.appId)
    const company = this.options.view.company(subscription.companyId)
    if (app?.enabled && company) return { kind: 'send', policy: subscription.delivery satisfies DeliveryPolicy }
    if (!this.isCovered(record)) {
      this.readOn(record)
      return { kind: 'notYet' }
    }
    return app && company ? { kind: 'settle', status: 'dropped', reason: 'app_disabled' } : DELETED
  }

  private isCovered(record: RecordRef): boolean {
    const read = this.coveredBy.get(record)
    return read !== undefined && this.completedReads >= read
  }

  /** A read that is under way may have determined its end before the head was seen, so only the next read covers the head. */
  private readOn(record: RecordRef): void {
    if (!this.coveredBy.has(record)) this.coveredBy.set(record, this.startedReads + 1)
    this.reading ??= this.read()
  }

  private async read(): Promise<void> {
    this.startedReads += 1
    try {
      await this.options.readToEnd()
      this.completedReads = this.startedReads
    } catch (error) {
      this.options.onFailure(error)
    }
    // Heads that this read covers are decided now. The others wait for the pause, so that they do not load the broker with reads.
    this.options.onRead()
    await pause(this.options.clock, READ_AGAIN_MS)
    this.reading = null
    this.options.onRead()
  }
}

const DELETED: Verdict = { kind: 'settle', status: 'filtered', reason: 'deleted' }

/** Pause between two reads for heads that are ahead of the configuration. Too low: load on the broker. Too high: such heads wait longer. */
const READ_AGAIN_MS = 100
