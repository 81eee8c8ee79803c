-- How far the events of each captured source are published. Kafka deletes records after their retention, and a replication slot may be
-- dropped. This table stays, so that capture notices missing changes even if the source was idle for long. There is one row per topic and
-- producer (another TOPIC_PREFIX is another system). It is written every few seconds at most.

CREATE TABLE capture_mark (
  topic     text NOT NULL,                 -- the topic `events`, with its prefix
  producer  text NOT NULL,
  position  text COLLATE "C" NOT NULL,     -- as in revision.id, begins with the epoch; every event up to here is in Kafka
  xid       text,                          -- id of the transaction at `position`: a restored database has another one there
  offsets   jsonb NOT NULL DEFAULT '{}',   -- partition of `events` → offset: events after `position` have this offset or a higher one
  tables    jsonb NOT NULL DEFAULT '{}',   -- captured table → oid, to notice another table under the same name
  gaps      jsonb NOT NULL DEFAULT '{}',   -- captured table → why changes are missing; capture stops until accepted or the epoch is raised
  marked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, producer)
);
