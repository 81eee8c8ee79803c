-- $1 worker group, $2 partition. Returns durations instead of instants, so that the clocks of process and database are never compared.
SELECT app_id, company_id, mode, reason, settled, settled_source, floor_offset, attempt, last_error, gaps, route_version,
       (extract(epoch FROM clock_timestamp() - first_attempt_at) * 1000)::float8 AS first_attempt_ago_ms,
       (extract(epoch FROM next_attempt_at - clock_timestamp()) * 1000)::float8 AS next_attempt_in_ms
FROM lane WHERE worker_group = $1 AND partition = $2
