/**
 * What an operator should be woken for, or look at in the morning: each with the metrics that show it. The page of metrics begins with it.
 */
export const SYMPTOMS = [
  {
    what: 'Something needs a look at all',
    signs: 'hooklane_ready = 0 for a minute; hooklane_part_ready says which part',
    action:
      '`/health/ready` of that process says why. A process that cannot recover ends with exit code 1 and should be started again.',
  },
  {
    what: 'Kafka is away',
    signs:
      'hooklane_part_ready{part="kafka"} = 0; hooklane_consumer_last_fetch_age_seconds > 60; hooklane_consumer_heartbeat_age_seconds; hooklane_capture_publish_stalled_seconds > 5; hooklane_router_transactions_total{outcome="failed"} rising',
    action:
      'Nothing is lost: changes wait in the log of their database (watch `hooklane_capture_lag_bytes` and its disk). Everything goes on by itself when Kafka is back.',
  },
  {
    what: 'Hooklane’s Postgres is away or slow',
    signs:
      'hooklane_part_ready{part="database"} = 0; hooklane_lease_remaining_seconds falling; hooklane_ambiguous_total{op="keep"} rising; hooklane_log_write_failures_total rising; hooklane_api_request_seconds with status 503',
    action:
      'Deliveries stop when leases end, within `LEASE_TTL_MS`, and go on by themselves. The API answers 503 meanwhile.',
  },
  {
    what: 'A captured database is away, or cannot be read',
    signs: 'hooklane_capture_streaming = 0; hooklane_capture_failures_total by code',
    action: 'The log line and `/health/ready` name the cause and the statement to run. Other sources go on.',
  },
  {
    what: 'A replication slot fills its database’s disk, or is about to be lost',
    signs: 'hooklane_capture_lag_bytes growing; hooklane_capture_safe_bytes near 0',
    action:
      'Find out why nothing is read or published (the lines above). A slot that was lost is refused until `epoch` is raised.',
  },
  {
    what: 'Nothing moves, and nothing fails',
    signs:
      'hooklane_position_age_seconds > 60 while hooklane_lanes{mode="parked"} = 0; hooklane_consumer_lag_records of router or dispatcher growing',
    action: 'A stall of Hooklane’s own: start that process again, and report it with its log.',
  },
  {
    what: 'Partitions that nobody serves',
    signs:
      'sum of hooklane_partitions_owned below the partitions of the group’s topic; hooklane_router_partitions{state="acquired"} below those of `events`; hooklane_dispatch_alarms_total{kind="group_not_served"}',
    action: 'Too few processes, or `WORKER_GROUPS` that match too little. After a crash: wait for `LEASE_TTL_MS`.',
  },
  {
    what: 'Receivers are down',
    signs:
      'hooklane_lanes{mode="parked"}; hooklane_attempts_total{result="unreachable"}; hooklane_lane_oldest_age_seconds; hooklane_dead_letters_total',
    action: 'Of one app: its owner’s matter, `/v1/deliveries` names it. Of many at once: this network’s way out.',
  },
  {
    what: 'A dead app holds up its partition',
    signs: 'hooklane_position_spread near `SPREAD_MAX`; hooklane_dispatch_alarms_total{kind="spread"}',
    action: 'Repair the receiver, disable the subscription, or let it give up: `onUnreachable: deadLetter`.',
  },
  {
    what: 'Rows of a captured table become no events',
    signs: 'hooklane_capture_skipped_total by reason; hooklane_capture_truncated_total',
    action:
      '`npm run status`, or `/health/skipped` of the event-producer, names table, reason and the key of the last row; [Capture your PIM](guides/capture-your-pim.md#what-becomes-nothing) says what to do.',
  },
  {
    what: 'A producer of yours sends what cannot be routed',
    signs: 'hooklane_quarantined_total{service="router"} by reason',
    action:
      '`npm run status`, or `/health/skipped` of the router, says what and where, and names unknown companies; [Produce events yourself](guides/produce-events.md) says how to read the quarantine and how to send again.',
  },
  {
    what: 'Something was lost, or a person must decide',
    signs:
      'hooklane_router_incidents_total; hooklane_dispatch_alarms_total{kind="log_lost"} or `gap`; hooklane_fenced_total outside a rebalance',
    action: 'Read the log lines with `alarm`: retention was too short, a topic was recreated, or a machine was frozen.',
  },
  {
    what: 'The delivery log is behind',
    signs: 'hooklane_log_age_seconds, hooklane_consumer_lag_records{service="recorder"}, hooklane_log_buffered_records',
    action: '`/v1/deliveries` shows an older state; deliveries themselves are not held up. Start another recorder.',
  },
]
