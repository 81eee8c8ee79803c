-- The delivery log: the state and the attempts of each delivery. The recorder writes it in batches, the API reads it, and partitions are
-- dropped by day. A delivery is identified by (app, sequence). Its day is the UTC day of `routed_at`, which never changes, so all its
-- records belong to the same partition.

CREATE TABLE delivery (
  day                  date NOT NULL,
  app_id               text NOT NULL,
  sequence             bigint NOT NULL,
  company_id           text NOT NULL,
  delivery_id          text NOT NULL,     -- the webhook id; a catch-up creates it again under a new sequence
  subscription_id      text NOT NULL,
  subscription_version bigint NOT NULL,
  worker_group         text NOT NULL,
  event_id             text NOT NULL,
  event_type           text NOT NULL,
  entity_type          text NOT NULL,
  entity_id            text NOT NULL,
  entity_key           text,
  entity_url           text,
  position             text,
  source_topic         text NOT NULL,
  source_partition     int NOT NULL,
  source_offset        bigint NOT NULL,
  routed_at            timestamptz NOT NULL,
  mode                 text NOT NULL,
  status               text NOT NULL,
  reason               text,
  attempts             int NOT NULL DEFAULT 0,
  first_attempt_at     timestamptz,
  last_attempt_at      timestamptz,
  next_attempt_at      timestamptz,
  settled_at           timestamptz,
  last_status          int,               -- HTTP status of the last attempt; null: no response
  last_error           text,
  PRIMARY KEY (day, app_id, sequence)
) PARTITION BY RANGE (day);
CREATE INDEX delivery_by_company ON delivery (company_id, routed_at, app_id, sequence);
CREATE INDEX delivery_by_app ON delivery (app_id, routed_at, sequence);
CREATE INDEX delivery_by_subscription ON delivery (subscription_id, routed_at, app_id, sequence);
CREATE INDEX delivery_by_entity ON delivery (company_id, entity_id, entity_type);
CREATE INDEX delivery_by_id ON delivery (delivery_id);

-- One row per record of the topic `attempts`. If `kind` is settlement, no request was made, so `attempt` is 0 and `decision` is the status.
CREATE TABLE attempt (
  day               date NOT NULL,
  app_id            text NOT NULL,
  sequence          bigint NOT NULL,
  kind              text NOT NULL CHECK (kind IN ('attempt', 'settlement')),
  attempt           int NOT NULL,
  attempt_id        text NOT NULL,        -- random; all copies of a record have the same id
  company_id        text NOT NULL,
  delivery_id       text NOT NULL,
  owner_epoch       bigint NOT NULL,
  started_at        timestamptz NOT NULL,
  duration_ms       double precision,
  request_method    text,
  request_url       text,                 -- masked
  request_headers   jsonb,                -- masked
  request_bytes     int,
  request_digest    text,
  response_status   int,
  response_headers  jsonb,
  response_body     text,
  error_code        text,
  error_message     text,
  decision          text NOT NULL,
  reason            text,
  next_attempt_at   timestamptz,
  status            text NOT NULL,        -- status of the delivery after this record
  PRIMARY KEY (day, app_id, sequence, kind, attempt, attempt_id)
) PARTITION BY RANGE (day);

CREATE TABLE dead_letter (
  app_id          text NOT NULL,
  sequence        bigint NOT NULL,
  company_id      text NOT NULL,
  delivery_id     text NOT NULL,
  subscription_id text NOT NULL,
  event_type      text NOT NULL,
  attempts        int NOT NULL,
  reason          text NOT NULL,
  last_error      text,
  at              timestamptz NOT NULL,
  record          text NOT NULL,          -- the whole record of the topic `dead-letters`
  PRIMARY KEY (app_id, sequence)
);
CREATE INDEX dead_letter_by_company ON dead_letter (company_id, at, app_id, sequence);

-- Creates the partitions of one UTC day, unless they exist. Safe to call concurrently. The partitions have row-level security without a
-- policy, so rows can be accessed only through the parent table, whose policies apply.
CREATE FUNCTION ensure_log_partitions(wanted date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hooklane, pg_temp AS $$
DECLARE
  parent text;
  child text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['delivery', 'attempt'] LOOP
    child := parent || '_' || to_char(wanted, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(format('hooklane.%I', child)) IS NOT NULL;
    PERFORM pg_advisory_xact_lock(hashtextextended('hooklane.ensure_log_partitions', 0));
    CONTINUE WHEN to_regclass(format('hooklane.%I', child)) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent, wanted, wanted + 1);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION ensure_log_partitions(date) FROM PUBLIC;
