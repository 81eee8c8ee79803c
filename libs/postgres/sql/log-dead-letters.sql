-- $1: a JSON array of rows. The same delivery given up on again (after a crash) keeps the newest record.
INSERT INTO dead_letter (app_id, sequence, company_id, delivery_id, subscription_id, event_type, attempts, reason, last_error, at, record)
SELECT DISTINCT ON (app_id, sequence) app_id, sequence, company_id, delivery_id, subscription_id, event_type, attempts, reason, last_error, at, record
FROM json_to_recordset($1::json) AS r(place int, app_id text, sequence bigint, company_id text, delivery_id text, subscription_id text,
       event_type text, attempts int, reason text, last_error text, at timestamptz, record text)
ORDER BY app_id, sequence, place DESC
ON CONFLICT (app_id, sequence) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason, last_error = excluded.last_error,
  at = excluded.at, record = excluded.record
