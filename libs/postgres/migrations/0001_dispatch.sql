-- The leases and positions of main partitions, and the rows of lanes that have a state of their own.

CREATE FUNCTION current_timeline() RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) $$;

-- One row per (worker group, main partition), created with the topic.
CREATE TABLE partition_owner (
  worker_group text,
  partition    int,
  owner        uuid,                    -- new for each acquisition of the lease
  instance     text,                    -- name of the process
  epoch        bigint NOT NULL DEFAULT 0,
  lease_until  timestamptz,
  timeline     text NOT NULL DEFAULT current_timeline(),  -- database timeline of the lease: promoting a standby voids all leases
  main_offset  bigint,                  -- lowest offset whose record is not done
  main_done    bytea,                   -- bitmap of the offsets above main_offset whose records are done
  save_no      bigint NOT NULL DEFAULT 0,
  saved_at     timestamptz,
  PRIMARY KEY (worker_group, partition)
) WITH (fillfactor = 50);

CREATE TABLE lane (
  worker_group     text,
  app_id           text,
  partition        int NOT NULL,
  company_id       text NOT NULL,
  mode             text NOT NULL CHECK (mode IN ('flow', 'parked')),  -- 'parked': the head waits; 'flow': kept until floor_offset is saved
  reason           text,
  slot             smallint,            -- retry slot; null: parked in place
  slot_from        bigint,
  settled          bigint NOT NULL,     -- every delivery up to this sequence is settled
  settled_source   bigint,
  floor_offset     bigint NOT NULL,     -- main_offset must be saved up to here before this row may be deleted
  attempt          int NOT NULL DEFAULT 0,
  first_attempt_at timestamptz,
  next_attempt_at  timestamptz,
  last_error       text,
  paused           boolean NOT NULL DEFAULT false,
  skips            bigint[] NOT NULL DEFAULT '{}',
  holds            jsonb NOT NULL DEFAULT '{}',
  failures         jsonb NOT NULL DEFAULT '{}',
  gaps             jsonb NOT NULL DEFAULT '[]',  -- skipped deliveries that the next delivery reports (order.skipped)
  route_version    int NOT NULL DEFAULT 0,
  parked_at        timestamptz,
  updated_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (worker_group, app_id)
);
CREATE INDEX lane_by_partition ON lane (worker_group, partition);
