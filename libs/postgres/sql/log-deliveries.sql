-- $1 …: one array per column, see DELIVERY_COLUMNS; one row per delivery, ordered by app and sequence.
-- Merges the stored row with the new one; each part comes from the newer record (record-order.ts): the state from the newest record, the
-- last response from the newest attempt. So the result does not depend on the order, the batches and the copies in which records are read.
-- Columns that identify the delivery keep their first values, because all its records agree on them.
INSERT INTO delivery AS d (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id, event_type,
       entity_type, entity_id, entity_key, entity_url, position, source_topic, source_partition, source_offset, routed_at, mode, status, reason,
       attempts, first_attempt_at, last_attempt_at, next_attempt_at, settled_at, last_status, last_error, attempt_order, settlement_order)
SELECT (routed_at AT TIME ZONE 'UTC')::date, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id,
       event_type, entity_type, entity_id, entity_key, entity_url, position, source_topic, source_partition, source_offset, routed_at, mode, status,
       reason, attempts, first_attempt_at, last_attempt_at, next_attempt_at, settled_at, last_status, last_error, attempt_order, settlement_order
FROM unnest($1::timestamptz[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::int[], $18::bigint[], $19::text[], $20::text[],
            $21::text[], $22::int[], $23::timestamptz[], $24::timestamptz[], $25::timestamptz[], $26::timestamptz[], $27::int[], $28::text[],
            $29::text[], $30::text[])
  AS r(routed_at, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id, event_type,
       entity_type, entity_id, entity_key, entity_url, position, source_topic, source_partition, source_offset, mode, status,
       reason, attempts, first_attempt_at, last_attempt_at, next_attempt_at, settled_at, last_status, last_error, attempt_order, settlement_order)
ON CONFLICT (day, app_id, sequence) DO UPDATE SET
  (status, reason, subscription_version, worker_group, next_attempt_at, settled_at) = (
    SELECT s.status, s.reason, s.subscription_version, s.worker_group, s.next_attempt_at, s.settled_at
    FROM (VALUES
      (greatest(d.attempt_order, d.settlement_order), d.status, d.reason, d.subscription_version, d.worker_group, d.next_attempt_at, d.settled_at),
      (greatest(excluded.attempt_order, excluded.settlement_order), excluded.status, excluded.reason, excluded.subscription_version,
       excluded.worker_group, excluded.next_attempt_at, excluded.settled_at)
    ) AS s(record_order, status, reason, subscription_version, worker_group, next_attempt_at, settled_at)
    ORDER BY s.record_order DESC LIMIT 1),
  (last_status, last_error) = (
    SELECT a.last_status, a.last_error
    FROM (VALUES (d.attempt_order, d.last_status, d.last_error), (excluded.attempt_order, excluded.last_status, excluded.last_error))
      AS a(record_order, last_status, last_error)
    ORDER BY a.record_order DESC LIMIT 1),
  attempts = greatest(d.attempts, excluded.attempts),
  first_attempt_at = least(d.first_attempt_at, excluded.first_attempt_at),
  last_attempt_at = greatest(d.last_attempt_at, excluded.last_attempt_at),
  attempt_order = greatest(d.attempt_order, excluded.attempt_order),
  settlement_order = greatest(d.settlement_order, excluded.settlement_order)
-- Copies change nothing, so they are not written.
WHERE excluded.attempt_order > d.attempt_order OR excluded.settlement_order > d.settlement_order OR excluded.attempts > d.attempts
  OR excluded.first_attempt_at < d.first_attempt_at OR excluded.last_attempt_at > d.last_attempt_at
