-- $1 topic, $2 producer, $3 owner, $4 position, $5 xid, $6 offsets, $7 tables, $8 system identifier, $9 timeline, $10 settled LSN,
-- $11 configuration, $12 catalogue (null: unchanged), $13 announcements, $14 companies (null: unchanged), $15 tables whose gaps are closed.
-- Changes nothing if $3 is no longer the owner. Never moves the position back. If the epoch (the first four characters of the position) was
-- raised, capture starts over and all gaps are removed: by raising the epoch, the operator has accepted them.
UPDATE hooklane.capture_mark SET
  position = $4,
  xid = $5,
  offsets = $6::jsonb,
  tables = $7::jsonb,
  gaps = CASE WHEN left($4, 4) > left(position, 4) THEN '{}' ELSE gaps - $15::text[] END,
  system_identifier = $8,
  timeline = $9,
  settled_lsn = $10::pg_lsn,
  configuration = $11::jsonb,
  catalogue = coalesce($12::jsonb, catalogue),
  announcements = $13::jsonb,
  companies = coalesce($14, companies),
  marked_at = now()
WHERE topic = $1 AND producer = $2 AND owner = $3 AND $4 >= position
