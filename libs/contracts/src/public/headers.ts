/** Names of the headers of Hooklane's own Kafka records. Values are ASCII text. */
export const HEADER = {
  schema: 'hooklane-schema',
  /** Configuration records: the version of the row. */
  version: 'hooklane-version',
  kind: 'hooklane-kind',
  delivery: 'hooklane-delivery',
  company: 'hooklane-company',
  companyIncarnation: 'hooklane-company-incarnation',
  sequence: 'hooklane-sequence',
  position: 'hooklane-position',
  source: 'hooklane-source',
  routedAt: 'hooklane-routed-at',
  streamEpoch: 'hooklane-stream-epoch',
  subscription: 'hooklane-subscription',
  subscriptionVersion: 'hooklane-subscription-version',
  route: 'hooklane-route',
  streamVersion: 'hooklane-stream-version',
  mode: 'hooklane-mode',
  reason: 'hooklane-reason',
  producer: 'hooklane-producer',
  origin: 'hooklane-origin',
  epoch: 'hooklane-epoch',
  traceparent: 'traceparent',
  contentType: 'content-type',
} as const

/** Schema names, the values of the header `hooklane-schema`. */
export const SCHEMA = {
  event: 'event/1',
  delivery: 'delivery/1',
  streamEnd: 'stream-end/1',
  attempt: 'attempt/1',
  settlement: 'settlement/1',
  deadLetter: 'dead-letter/1',
  company: 'company/1',
  app: 'app/1',
  subscription: 'subscription/1',
  workerGroup: 'workerGroup/1',
  endedStream: 'endedStream/1',
  routerState: 'router-state/1',
  quarantine: 'quarantine/1',
} as const
