-- $1 …: one array per column, see ATTEMPT_COLUMNS; rows in any order. Copies of a record have the same attempt_id and are ignored. Headers
-- are JSON texts joined by the record separator U+001E, which JSON text can contain only as an escape. Unlike array elements, they need no
-- further escaping. An empty text means null.
INSERT INTO attempt (day, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, started_at, duration_ms,
                     request_method, request_url, request_headers, request_bytes, request_digest, response_status, response_headers, response_body,
                     error_code, error_message, decision, reason, next_attempt_at, status)
SELECT (routed_at AT TIME ZONE 'UTC')::date, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, at, duration_ms,
       request_method, request_url, request_headers, request_bytes, request_digest, response_status, response_headers, response_body,
       error_code, error_message, decision, reason, next_attempt_at, status
FROM unnest($1::timestamptz[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::bigint[],
            $10::timestamptz[], $11::float8[], $12::text[], $13::text[], string_to_array($14, E'\x1e', '')::json[], $15::int[], $16::text[], $17::int[], string_to_array($18, E'\x1e', '')::json[], $19::text[],
            $20::text[], $21::text[], $22::text[], $23::text[], $24::timestamptz[], $25::text[])
  AS r(routed_at, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, at, duration_ms,
       request_method, request_url, request_headers, request_bytes, request_digest, response_status, response_headers, response_body,
       error_code, error_message, decision, reason, next_attempt_at, status)
-- In the order of the key, so that two recorders that write copies of the same records cannot deadlock.
ORDER BY 1, 2, 3, 4, 5, 6
ON CONFLICT DO NOTHING
