-- $1 topic, $2 producer, $3 position, $4 xid, $5 offsets, $6 tables. Never goes back: a process that is late, or of an older epoch, changes
-- nothing. A raised epoch starts over: what was known to be missing before it has been taken note of.
INSERT INTO hooklane.capture_mark AS mark (topic, producer, position, xid, offsets, tables)
VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb)
ON CONFLICT (topic, producer) DO UPDATE SET
  position = excluded.position,
  xid = excluded.xid,
  offsets = excluded.offsets,
  tables = excluded.tables,
  gaps = CASE WHEN left(excluded.position, 4) > left(mark.position, 4) THEN '{}' ELSE mark.gaps END,
  marked_at = now()
WHERE excluded.position >= mark.position
