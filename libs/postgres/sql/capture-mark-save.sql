-- $1 producer, $2 position, $3 offsets, $4 tables. Never goes back: a process that is late, or of an older epoch, changes nothing. A raised
-- epoch begins anew: what was known to be missing before it has been taken note of.
INSERT INTO hooklane.capture_mark AS mark (producer, position, offsets, tables)
VALUES ($1, $2, $3::jsonb, $4::jsonb)
ON CONFLICT (producer) DO UPDATE SET
  position = excluded.position,
  offsets = excluded.offsets,
  tables = excluded.tables,
  gaps = CASE WHEN left(excluded.position, 4) > left(mark.position, 4) THEN '{}' ELSE mark.gaps END,
  marked_at = now()
WHERE excluded.position >= mark.position
