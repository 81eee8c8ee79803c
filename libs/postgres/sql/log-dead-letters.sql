-- $1: a JSON array of rows. A delivery may be dead-lettered again after a crash. The newest record is kept (record-order.ts), no matter in
-- which order the records are read.
INSERT INTO dead_letter AS d (app_id, sequence, company_id, delivery_id, subscription_id, event_type, attempts, reason, last_error, at, record, record_order)
SELECT DISTINCT ON (app_id, sequence) app_id, sequence, company_id, delivery_id, subscription_id, event_type, attempts, reason, last_error, at, record,
       record_order
FROM json_to_recordset($1::json) AS r(app_id text, sequence bigint, company_id text, delivery_id text, subscription_id text,
       event_type text, attempts int, reason text, last_error text, at timestamptz, record text, record_order text)
ORDER BY app_id, sequence, record_order COLLATE "C" DESC
ON CONFLICT (app_id, sequence) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason, last_error = excluded.last_error,
  at = excluded.at, record = excluded.record, record_order = excluded.record_order
WHERE excluded.record_order > d.record_order
