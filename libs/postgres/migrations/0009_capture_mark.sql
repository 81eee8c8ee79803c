-- How far each captured source has been told. Kafka forgets after its retention, and a slot may be dropped: this stays, so that changes
-- which nobody kept are noticed however long the source was silent. One row per producer, written every few seconds at most.

CREATE TABLE capture_mark (
  producer  text PRIMARY KEY,
  position  text COLLATE "C" NOT NULL,     -- as revision.id: every event up to here is in Kafka; its first part is the epoch
  offsets   jsonb NOT NULL DEFAULT '{}',   -- partition of `events` → offset: no event behind `position` stands before it
  tables    jsonb NOT NULL DEFAULT '{}',   -- captured table → oid: another table under the same name is noticed
  gaps      jsonb NOT NULL DEFAULT '{}',   -- captured table → why changes of it are missing: refused until the epoch is raised
  marked_at timestamptz NOT NULL DEFAULT now()
);
