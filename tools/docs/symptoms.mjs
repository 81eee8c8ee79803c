/**
 * The symptoms that an operator should watch for, each with the metrics that show it. The page of metrics begins with this table.
 */
export const SYMPTOMS = [
  {
    what: 'A service is not ready',
    signs: 'hooklane_ready = 0 for a minute; hooklane_part_ready shows which part',
    action:
      '`/health/ready` of that process shows the reason. A process that cannot recover ends with exit code 1 and should be restarted.',
  },
  {
    what: 'Kafka is unavailable',
    signs:
      'hooklane_part_ready{part="kafka"} = 0; hooklane_consumer_last_fetch_age_seconds > 60; hooklane_consumer_heartbeat_age_seconds; hooklane_capture_publish_stalled_seconds > 5; hooklane_router_transactions_total{outcome="failed"} rising',
    action:
      'Nothing is lost: changes wait in the WAL of their database (watch `hooklane_capture_lag_bytes` and its disk). Everything goes on by itself when Kafka is back.',
  },
  {
    what: 'Hooklane’s Postgres is unavailable or slow',
    signs:
      'hooklane_part_ready{part="database"} = 0; hooklane_lease_remaining_seconds falling; hooklane_ambiguous_total{op="keep"} rising; hooklane_log_write_failures_total rising; hooklane_api_request_seconds with status 503',
    action:
      'Deliveries stop when the leases end, after at most `LEASE_TTL_MS`. They go on without your help when Postgres is back. The API answers 503 meanwhile.',
  },
  {
    what: 'A captured database is unavailable, or cannot be read',
    signs: 'hooklane_capture_streaming = 0; hooklane_capture_failures_total by code',
    action: 'The log line and `/health/ready` name the cause and the statement to run. Other sources go on.',
  },
  {
    what: 'A replication slot fills its database’s disk, or is about to be lost',
    signs: 'hooklane_capture_lag_bytes growing; hooklane_capture_safe_bytes near 0',
    action:
      'Find out why nothing is read or published (see the rows above). A source whose slot was lost is refused until its `epoch` is raised.',
  },
  {
    what: 'Deliveries stall although no receiver fails',
    signs:
      'hooklane_position_age_seconds > 60 while hooklane_lanes{mode="parked"} = 0; hooklane_consumer_lag_records of router or dispatcher growing',
    action: 'Hooklane itself has stalled: restart that process, and report the stall with its log.',
  },
  {
    what: 'Partitions are not served',
    signs:
      'the sum of hooklane_partitions_owned is lower than the number of partitions of the group’s topic; hooklane_router_partitions{state="acquired"} is lower than the number of partitions of `events`; hooklane_dispatch_alarms_total{kind="group_not_served"}',
    action:
      'There are too few processes, or `WORKER_GROUPS` matches too few groups. After a crash, wait for `LEASE_TTL_MS`.',
  },
  {
    what: 'Receivers are down',
    signs:
      'hooklane_lanes{mode="parked"}; hooklane_attempts_total{result="unreachable"}; hooklane_lane_oldest_age_seconds; hooklane_dead_letters_total',
    action:
      'One app: inform its owner; `/v1/deliveries` names the app. Many apps at once: check your network’s outbound connection.',
  },
  {
    what: 'An app whose receiver is down holds up its partition',
    signs: 'hooklane_position_spread near `SPREAD_MAX`; hooklane_dispatch_alarms_total{kind="spread"}',
    action: 'Repair the receiver, disable the subscription, or set its `onUnreachable` to `deadLetter`.',
  },
  {
    what: 'Rows of a captured table are skipped',
    signs: 'hooklane_capture_skipped_total by reason; hooklane_capture_truncated_total',
    action:
      '`npm run status`, or `/health/skipped` of the event-producer, shows the table, the reason and the key of the last row. [Capture your PIM](guides/capture-your-pim.md#what-is-skipped) explains what to do.',
  },
  {
    what: 'One of your producers publishes records that cannot be routed',
    signs: 'hooklane_quarantined_total{service="router"} by reason',
    action:
      '`npm run status`, or `/health/skipped` of the router, shows the reasons, the positions and unknown companies. [Produce events yourself](guides/produce-events.md) explains how to read the quarantine and how to send events again.',
  },
  {
    what: 'Something was lost, or a person must decide',
    signs:
      'hooklane_router_incidents_total; hooklane_dispatch_alarms_total{kind="log_lost"} or `hole`; hooklane_fenced_total outside a rebalance',
    action: 'Read the log lines with `alarm`. Retention was too short, a topic was recreated, or a machine was frozen.',
  },
  {
    what: 'The delivery log is behind',
    signs: 'hooklane_log_age_seconds, hooklane_consumer_lag_records{service="recorder"}, hooklane_log_buffered_records',
    action: '`/v1/deliveries` shows an older state, but deliveries themselves are not delayed. Start another recorder.',
  },
]
