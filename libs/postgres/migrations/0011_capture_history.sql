-- The identity of a source's write-ahead log, and the capture file with which it was read. By these, capture recognises a recreated slot, a
-- promoted standby and another database. It can also publish the rest of a transaction with the configuration with which it began.

ALTER TABLE capture_mark
  ADD COLUMN owner             uuid,             -- the process that reads the source; only its saves are accepted
  ADD COLUMN system_identifier text,             -- of the database cluster; null: saved by a build that did not record it
  ADD COLUMN timeline          int,
  ADD COLUMN settled_lsn       pg_lsn,           -- commits before it are published or not of this source; saved before it is acknowledged
  ADD COLUMN configuration     jsonb,            -- the capture file (without secrets) with which events after `position` were published
  ADD COLUMN catalogue         jsonb NOT NULL DEFAULT '{}', -- partitions, publication and columns as last read
  ADD COLUMN announcements     jsonb NOT NULL DEFAULT '[]', -- announcements to receivers that are not published yet
  ADD COLUMN companies         text[] NOT NULL DEFAULT '{}'; -- in the order of their discovery, by which their announcements are numbered
