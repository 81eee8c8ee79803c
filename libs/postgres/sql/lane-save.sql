-- $1 worker group, $2 partition, $3 owner, $4 epoch: the lease token. $18 epoch of the app's stream whose end was reached; null: none. If
-- no row is returned, the owner is fenced. FOR KEY SHARE makes a takeover wait for this write.
WITH lease_token AS (
  SELECT 1 FROM partition_owner
  WHERE worker_group = $1 AND partition = $2 AND owner = $3 AND epoch = $4 AND timeline = current_timeline()
  FOR KEY SHARE
), settled AS (
  UPDATE ended_stream SET settled_at = clock_timestamp()
  WHERE app_id = $5 AND epoch = $18::int AND settled_at IS NULL AND EXISTS (SELECT 1 FROM lease_token)
)
INSERT INTO lane AS l (worker_group, partition, app_id, company_id, mode, reason, settled, settled_source, floor_offset, attempt,
                       first_attempt_at, next_attempt_at, last_error, gaps, route_version, parked_at)
SELECT $1, $2, $5, $6, $7, $8, $9, $10, $11, $12,
       clock_timestamp() - $13 * interval '1 millisecond', clock_timestamp() + $14 * interval '1 millisecond', $15, $16::jsonb, $17,
       CASE WHEN $7 = 'parked' THEN clock_timestamp() END
FROM lease_token
ON CONFLICT (worker_group, company_id, app_id) DO UPDATE SET
  partition = excluded.partition, mode = excluded.mode, reason = excluded.reason, settled = excluded.settled,
  settled_source = excluded.settled_source, floor_offset = excluded.floor_offset, attempt = excluded.attempt,
  first_attempt_at = excluded.first_attempt_at, next_attempt_at = excluded.next_attempt_at, last_error = excluded.last_error,
  gaps = excluded.gaps, route_version = excluded.route_version,
  parked_at = CASE WHEN excluded.mode = 'parked' THEN coalesce(l.parked_at, excluded.parked_at) END,
  updated_at = clock_timestamp()
RETURNING 1
