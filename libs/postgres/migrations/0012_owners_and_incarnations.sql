-- Owners and incarnations of ids. A company or an app may be deleted and created again under its id while records of its predecessor are
-- still in progress. So an id alone identifies neither. A company is identified by its id and incarnation; an app also by its owner, the
-- company.

SELECT set_config('hooklane.scope', 'operator', true);

-- Every company id that was ever used. Rows outlive the companies: a company that is created again under the id is the next incarnation.
CREATE TABLE company_identity (
  company_id  text PRIMARY KEY,
  incarnation int NOT NULL CHECK (incarnation > 0),
  ended_at    timestamptz,             -- null: the company exists; otherwise no more records of the company are written
  erased_at   timestamptz              -- when its delivery log was erased; only then can the company be created again
);
CREATE INDEX company_identity_to_erase ON company_identity (company_id) WHERE ended_at IS NOT NULL AND erased_at IS NULL;

-- Every app id that was ever used, and the company that owns it for ever. Rows outlive the app and the company.
CREATE TABLE app_identity (
  app_id     text PRIMARY KEY,
  company_id text NOT NULL,
  epoch      int NOT NULL CHECK (epoch > 0)   -- `order.epoch` of its last incarnation
);
CREATE INDEX app_identity_by_company ON app_identity (company_id);

ALTER TABLE company ADD COLUMN incarnation int NOT NULL DEFAULT 1;
-- Events below this offset of the company's partition of `events` belong to its predecessor; null: it has no predecessor.
ALTER TABLE company ADD COLUMN events_from bigint;
ALTER TABLE app ADD COLUMN epoch int NOT NULL DEFAULT 1;

INSERT INTO company_identity (company_id, incarnation) SELECT id, 1 FROM company;
-- Companies that were deleted before this migration: their delivery log is erased, as for every deletion from now on.
INSERT INTO company_identity (company_id, incarnation, ended_at)
  SELECT company_id, 1, now() FROM (SELECT company_id FROM delivery UNION SELECT company_id FROM dead_letter UNION SELECT company_id FROM lane) AS left_behind
  ON CONFLICT DO NOTHING;
INSERT INTO app_identity (app_id, company_id, epoch) SELECT id, company_id, 1 FROM app;
-- Ids of apps that were deleted before this migration. An id belongs to the company that has rows with it.
INSERT INTO app_identity (app_id, company_id, epoch)
  SELECT app_id, min(company_id), 1 FROM (SELECT app_id, company_id FROM delivery UNION SELECT app_id, company_id FROM lane) AS used
  GROUP BY app_id
  ON CONFLICT DO NOTHING;

-- Streams of deleted apps. A row is created with the deletion. The dispatcher sets `settled_at` when everything up to the end of the stream
-- is settled, in the same write as the lane's row.
CREATE TABLE ended_stream (
  app_id       text NOT NULL,
  epoch        int NOT NULL,
  company_id   text NOT NULL,
  worker_group text NOT NULL REFERENCES worker_group,
  ended_at     timestamptz NOT NULL DEFAULT now(),
  settled_at   timestamptz,
  PRIMARY KEY (app_id, epoch)
);
CREATE INDEX ended_stream_by_group ON ended_stream (worker_group);
ALTER TABLE configuration DROP CONSTRAINT configuration_kind_check,
  ADD CHECK (kind IN ('company', 'app', 'subscription', 'workerGroup', 'endedStream'));

-- A dedicated group belongs to one incarnation of one app. It is reserved before its topics are created, ready when the app is saved, ended
-- when the app is deleted, closed when everything in it is settled (no dispatcher gets a lease any more), and removed when its topics are
-- deleted. The row stays, so that no name is used twice.
ALTER TABLE worker_group DROP CONSTRAINT worker_group_name_check;
ALTER TABLE worker_group
  ADD CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$'),  -- new ones have 52 characters at most
  ADD COLUMN app_id text,
  ADD COLUMN reserved_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN ended_at timestamptz,
  ADD COLUMN closed_at timestamptz,
  ADD COLUMN removed_at timestamptz;
UPDATE worker_group g SET app_id = a.id FROM app a WHERE a.worker_group = g.name AND a.worker_mode = 'dedicated';
-- Groups of apps that were deleted before this migration.
UPDATE worker_group SET ended_at = now() WHERE name LIKE 'dedicated-%' AND app_id IS NULL;
CREATE INDEX worker_group_of_app ON worker_group (app_id) WHERE app_id IS NOT NULL;
CREATE INDEX worker_group_to_remove ON worker_group (name) WHERE removed_at IS NULL AND (ended_at IS NOT NULL OR ready_at IS NULL);
-- True: no owner gets a lease any more. A column of this table, not of worker_group, because a grant locks the row of its partition, so
-- that it sees a change that was made while it waited for the lock.
ALTER TABLE partition_owner ADD COLUMN is_closed boolean NOT NULL DEFAULT false;

ALTER TABLE lane DROP CONSTRAINT lane_pkey, ADD PRIMARY KEY (worker_group, company_id, app_id);

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['company_identity', 'app_identity', 'ended_stream'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY of_company ON %I USING (company_id = hooklane.current_company())', tenant_table);
    EXECUTE format('CREATE POLICY of_operator ON %I USING (hooklane.is_operator())', tenant_table);
  END LOOP;
END $$;
