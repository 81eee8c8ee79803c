-- What a source's log was when it was read, and under which capture file. A slot that was made again, a promoted standby and another database
-- are told apart by it, and a half-published transaction is folded as it was begun.

ALTER TABLE capture_mark
  ADD COLUMN owner             uuid,             -- the process that reads the source: only its saves count
  ADD COLUMN system_identifier text,             -- of the database cluster; null: marked by a build that did not know
  ADD COLUMN timeline          int,
  ADD COLUMN settled_lsn       pg_lsn,           -- everything committed before here is published or not this source's; saved before it is acknowledged
  ADD COLUMN configuration     jsonb,            -- of the capture file, without secrets: what is behind `position` and already in Kafka was published under it
  ADD COLUMN catalogue         jsonb NOT NULL DEFAULT '{}', -- partitions, publication and columns as they were last seen
  ADD COLUMN announcements     jsonb NOT NULL DEFAULT '[]', -- what receivers have to be told and is not published yet
  ADD COLUMN companies         text[] NOT NULL DEFAULT '{}'; -- in the order in which they became known: the index of each one's announcement
