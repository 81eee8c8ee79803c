-- How far each captured source has been told. Kafka forgets after its retention, and a slot may be dropped: this stays, so that changes
-- which nobody kept are noticed however long the source was silent. One row per topic and producer (another
-- TOPIC_PREFIX is another system), written every few seconds at most.

CREATE TABLE capture_mark (
  topic     text NOT NULL,                 -- of the events
  producer  text NOT NULL,
  position  text COLLATE "C" NOT NULL,     -- as revision.id: every event up to here is in Kafka; its first part is the epoch
  xid       text,                          -- of the transaction that `position` tells of: a database that was set back holds another one there
  offsets   jsonb NOT NULL DEFAULT '{}',   -- partition of `events` → offset: no event behind `position` stands before it
  tables    jsonb NOT NULL DEFAULT '{}',   -- captured table → oid: another table under the same name is noticed
  gaps      jsonb NOT NULL DEFAULT '{}',   -- captured table → code and reason why changes of it are missing: refused until the epoch is raised
  marked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, producer)
);
