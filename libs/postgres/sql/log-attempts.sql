-- $1: a JSON array of rows in the order in which they were read. A copy of a record carries the same attempt_id and is ignored.
INSERT INTO attempt (day, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, started_at, duration_ms,
                     request_method, request_url, request_headers, request_bytes, request_digest, response_status, response_headers, response_body,
                     error_code, error_message, decision, reason, next_attempt_at, status)
SELECT (routed_at AT TIME ZONE 'UTC')::date, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, at, duration_ms,
       request_method, request_url, request_headers, request_bytes, request_digest, response_status, response_headers, response_body,
       error_code, error_message, decision, reason, next_attempt_at, status
FROM json_to_recordset($1::json) AS r(routed_at timestamptz, app_id text, sequence bigint, kind text, attempt int, attempt_id text, company_id text,
       delivery_id text, owner_epoch bigint, at timestamptz, duration_ms float8, request_method text, request_url text, request_headers jsonb,
       request_bytes int, request_digest text, response_status int, response_headers jsonb, response_body text, error_code text, error_message text,
       decision text, reason text, next_attempt_at timestamptz, status text)
ON CONFLICT DO NOTHING
