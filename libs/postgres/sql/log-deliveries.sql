-- $1 …: one array per column, see DELIVERY_COLUMNS; one row per delivery, ordered by app and sequence. A delivery that is settled is never
-- reopened by a record read again, and one that was delivered stays so: a process that woke too late may report otherwise.
INSERT INTO delivery AS d (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id, event_type,
       entity_type, entity_id, entity_key, entity_url, position, source_topic, source_partition, source_offset, routed_at, mode, status, reason,
       attempts, first_attempt_at, last_attempt_at, next_attempt_at, settled_at, last_status, last_error)
SELECT (routed_at AT TIME ZONE 'UTC')::date, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id,
       event_type, entity_type, entity_id, entity_key, entity_url, position, source_topic, source_partition, source_offset, routed_at, mode, status,
       reason, attempts, first_attempt_at, last_attempt_at, next_attempt_at, settled_at, last_status, last_error
FROM unnest($1::timestamptz[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::int[], $18::bigint[], $19::text[], $20::text[],
            $21::text[], $22::int[], $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::timestamptz[], $27::int[], $28::text[])
  AS r(routed_at, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id, event_type,
       entity_type, entity_id, entity_key, entity_url, position, source_topic, source_partition, source_offset, mode, status,
       reason, attempts, first_attempt_at, last_attempt_at, next_attempt_at, settled_at, last_status, last_error)
ON CONFLICT (day, app_id, sequence) DO UPDATE SET
  status = excluded.status, reason = excluded.reason, attempts = greatest(d.attempts, excluded.attempts),
  subscription_version = excluded.subscription_version, worker_group = excluded.worker_group,
  first_attempt_at = least(d.first_attempt_at, excluded.first_attempt_at), last_attempt_at = greatest(d.last_attempt_at, excluded.last_attempt_at),
  next_attempt_at = excluded.next_attempt_at, settled_at = coalesce(d.settled_at, excluded.settled_at),
  last_status = excluded.last_status, last_error = excluded.last_error
WHERE d.status IN ('pending', 'retrying') OR (d.status <> 'delivered' AND excluded.status NOT IN ('pending', 'retrying'))
