-- The identity of a source's write-ahead log when it was read, and the capture file it was read with. They distinguish a recreated slot, a
-- promoted standby and another database. They also let a half-published transaction be folded with the configuration it was begun with.

ALTER TABLE capture_mark
  ADD COLUMN owner             uuid,             -- the process that reads the source; only its saves are accepted
  ADD COLUMN system_identifier text,             -- of the database cluster; null: saved by a build that did not record it
  ADD COLUMN timeline          int,
  ADD COLUMN settled_lsn       pg_lsn,           -- all commits before it are published or not of this source; saved before acknowledgement
  ADD COLUMN configuration     jsonb,            -- the capture file, without secrets, with which events after `position` were published
  ADD COLUMN catalogue         jsonb NOT NULL DEFAULT '{}', -- partitions, publication and columns as last read
  ADD COLUMN announcements     jsonb NOT NULL DEFAULT '[]', -- announcements to receivers that are not published yet
  ADD COLUMN companies         text[] NOT NULL DEFAULT '{}'; -- in the order in which they became known, which numbers their announcements
