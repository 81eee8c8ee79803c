-- $1: as for log-attempts. The newest record of each delivery says its state; a delivery that is settled is never reopened by a record
-- read again, and one that was delivered stays so: a process that woke too late may report otherwise.
WITH given AS (
  SELECT r.*, (routed_at AT TIME ZONE 'UTC')::date AS day,
         row_number() OVER (PARTITION BY app_id, sequence ORDER BY (status = 'delivered') DESC, place DESC) AS newest,
         min(at) FILTER (WHERE kind = 'attempt') OVER (PARTITION BY app_id, sequence) AS first_at,
         max(attempt) OVER (PARTITION BY app_id, sequence) AS most_attempts
  FROM json_to_recordset($1::json) AS r(place int, routed_at timestamptz, app_id text, sequence bigint, kind text, attempt int, company_id text,
         delivery_id text, subscription_id text, subscription_version bigint, worker_group text, event_id text, event_type text, entity_type text,
         entity_id text, entity_key text, entity_url text, position text, source_topic text, source_partition int, source_offset bigint, mode text,
         at timestamptz, response_status int, error_code text, reason text, next_attempt_at timestamptz, status text)
)
INSERT INTO delivery AS d (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id, event_type,
       entity_type, entity_id, entity_key, entity_url, position, source_topic, source_partition, source_offset, routed_at, mode, status, reason,
       attempts, first_attempt_at, last_attempt_at, next_attempt_at, settled_at, last_status, last_error)
SELECT day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id, event_type,
       entity_type, entity_id, entity_key, entity_url, position, source_topic, source_partition, source_offset, routed_at, mode, status, reason,
       most_attempts, first_at, CASE WHEN kind = 'attempt' THEN at END, next_attempt_at,
       CASE WHEN status NOT IN ('pending', 'retrying') THEN at END, response_status, error_code
FROM given WHERE newest = 1
ORDER BY day, app_id, sequence
ON CONFLICT (day, app_id, sequence) DO UPDATE SET
  status = excluded.status, reason = excluded.reason, attempts = greatest(d.attempts, excluded.attempts),
  subscription_version = excluded.subscription_version, worker_group = excluded.worker_group,
  first_attempt_at = least(d.first_attempt_at, excluded.first_attempt_at), last_attempt_at = greatest(d.last_attempt_at, excluded.last_attempt_at),
  next_attempt_at = excluded.next_attempt_at, settled_at = coalesce(d.settled_at, excluded.settled_at),
  last_status = excluded.last_status, last_error = excluded.last_error
WHERE d.status IN ('pending', 'retrying') OR (d.status <> 'delivered' AND excluded.status NOT IN ('pending', 'retrying'))
