-- $1 topic, $2 producer, $3 owner, $4 position of a new mark if there is none yet. From now on only saves of this owner are accepted.
-- Returns the current mark.
INSERT INTO hooklane.capture_mark AS mark (topic, producer, owner, position) VALUES ($1, $2, $3, $4)
ON CONFLICT (topic, producer) DO UPDATE SET owner = excluded.owner
RETURNING owner, position, xid, offsets, tables, gaps, system_identifier, timeline, settled_lsn, configuration, catalogue, announcements, companies
