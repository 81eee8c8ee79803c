-- The configuration that is published to the delivery path. Rows are written in the transaction of each change; change capture publishes
-- them to the topic `subscriptions`. `version` comes from one sequence for all keys: of two records of a key, the higher version is newer.

CREATE SEQUENCE configuration_version AS bigint;

CREATE TABLE configuration (
  key     text PRIMARY KEY,             -- company:…, app:…, subscription:…, workerGroup:…
  kind    text NOT NULL CHECK (kind IN ('company', 'app', 'subscription', 'workerGroup')),
  version bigint NOT NULL,
  body    text NOT NULL                 -- JSON, as in the contracts; secrets sealed
);
ALTER TABLE configuration REPLICA IDENTITY FULL;

CREATE TABLE worker_group (
  name       text PRIMARY KEY CHECK (name ~ '^[a-z0-9-]{1,60}$'),
  partitions int NOT NULL CHECK (partitions > 0),
  slots      int NOT NULL CHECK (slots >= 0),
  ready_at   timestamptz
);
