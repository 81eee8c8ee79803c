-- The resources that people configure (companies, API keys, apps and subscriptions), and the catalogue of event types.

CREATE TABLE company (
  id         text PRIMARY KEY,
  name       text NOT NULL,
  revision   bigint NOT NULL DEFAULT 1,   -- raised by every change: the resource's ETag
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Only the digest of a key's random bytes is kept. Operator keys belong to no company.
CREATE TABLE api_key (
  id           text PRIMARY KEY,
  company_id   text REFERENCES company ON DELETE CASCADE,
  role         text NOT NULL CHECK (role IN ('operator', 'owner', 'editor', 'viewer')),
  name         text NOT NULL,
  digest       bytea NOT NULL CHECK (octet_length(digest) = 32),
  created_at   timestamptz NOT NULL DEFAULT now(),
  revoked_at   timestamptz,
  CHECK ((role = 'operator') = (company_id IS NULL))
);
CREATE INDEX api_key_by_company ON api_key (company_id, created_at, id);

CREATE TABLE app (
  id            text PRIMARY KEY,
  company_id    text NOT NULL REFERENCES company ON DELETE CASCADE,
  name          text NOT NULL,
  type          text NOT NULL CHECK (type ~ '^[a-z0-9-]{1,40}$'),
  external_id   text,
  enabled       boolean NOT NULL DEFAULT true,
  worker_mode   text NOT NULL CHECK (worker_mode IN ('shared', 'dedicated')),
  worker_group  text NOT NULL REFERENCES worker_group,
  route_version int NOT NULL DEFAULT 0,   -- raised by every move between groups
  revision      bigint NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL DEFAULT now(),
  updated_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (company_id, external_id)        -- per company: a global constraint would reveal the ids of other companies
);
CREATE INDEX app_by_company ON app (company_id, created_at, id);
CREATE INDEX app_by_group ON app (worker_group);

CREATE TABLE subscription (
  id                text PRIMARY KEY,
  company_id        text NOT NULL REFERENCES company ON DELETE CASCADE,
  app_id            text NOT NULL REFERENCES app ON DELETE CASCADE,
  name              text NOT NULL,
  external_id       text,
  enabled           boolean NOT NULL,
  target_url        text NOT NULL,        -- as the URL parser normalised it
  target_headers    jsonb NOT NULL,       -- [{name, value} | {name, sealed}]
  events            text[] NOT NULL CHECK (cardinality(events) > 0),
  workflow_id       text NOT NULL,
  workflow_name     text NOT NULL,
  delivery          jsonb NOT NULL,       -- in the form that people write: PT6M, not milliseconds
  disabled_reason   text CHECK (disabled_reason IN ('user', 'failures', 'gone')),
  disabled_at       timestamptz,
  disabled_failures int NOT NULL DEFAULT 0,
  disabled_error    text,
  revision          bigint NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  UNIQUE (company_id, external_id),
  CHECK (enabled = (disabled_reason IS NULL))
);
CREATE INDEX subscription_by_company ON subscription (company_id, created_at, id);
CREATE INDEX subscription_by_app ON subscription (app_id);

-- Signing secrets, sealed. The current secret has no `valid_until`. The others also sign requests until their `valid_until`.
CREATE TABLE subscription_secret (
  id              text PRIMARY KEY,
  company_id      text NOT NULL REFERENCES company ON DELETE CASCADE,
  subscription_id text NOT NULL REFERENCES subscription ON DELETE CASCADE,
  sealed          text NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  valid_until     timestamptz
);
CREATE INDEX subscription_secret_by_subscription ON subscription_secret (subscription_id);
CREATE UNIQUE INDEX subscription_secret_current ON subscription_secret (subscription_id) WHERE valid_until IS NULL;

-- The event types that people can subscribe to: those of the capture files and those of Hooklane itself. They belong to no company.
CREATE TABLE event_type (
  name       text PRIMARY KEY,
  resource   text NOT NULL,
  action     text NOT NULL,
  title      text NOT NULL,
  source     text NOT NULL,               -- producer of events of this type
  updated_at timestamptz NOT NULL DEFAULT now()
);
