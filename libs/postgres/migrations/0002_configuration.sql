-- What the delivery path knows of the configuration, written in the transaction of each change and carried to the topic `subscriptions`
-- by change capture. `version` is one sequence over all keys: of two records of a key, the higher one is the newer.

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
