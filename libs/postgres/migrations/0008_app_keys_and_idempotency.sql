-- API keys of one app, for reading. Such a key sees the app, its subscriptions, deliveries and attempts. It can read nothing else, because
-- no other table has a policy for it. The company is part of the context, so that rows of another company never match an app id.

ALTER TABLE app ADD CONSTRAINT app_of_company UNIQUE (company_id, id);
ALTER TABLE api_key ADD COLUMN app_id text;
ALTER TABLE api_key ADD CONSTRAINT api_key_app_fkey FOREIGN KEY (company_id, app_id) REFERENCES app (company_id, id) ON DELETE CASCADE;
ALTER TABLE api_key ADD CONSTRAINT api_key_of_app_reads CHECK (app_id IS NULL OR role = 'viewer');
CREATE INDEX api_key_by_app ON api_key (app_id) WHERE app_id IS NOT NULL;

-- Two settings, because one setting `<company>/<app>` would need a separator that no id contains.
CREATE FUNCTION current_app_company() RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT nullif(current_setting('hooklane.app_company', true), '') $$;
CREATE FUNCTION current_app() RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT nullif(current_setting('hooklane.app', true), '') $$;

CREATE POLICY of_app ON app FOR SELECT
  USING (id = hooklane.current_app() AND company_id = hooklane.current_app_company());
CREATE POLICY of_app ON subscription FOR SELECT
  USING (app_id = hooklane.current_app() AND company_id = hooklane.current_app_company());
CREATE POLICY of_app ON delivery FOR SELECT
  USING (app_id = hooklane.current_app() AND company_id = hooklane.current_app_company());
CREATE POLICY of_app ON attempt FOR SELECT
  USING (app_id = hooklane.current_app() AND company_id = hooklane.current_app_company());

-- Responses to requests with an Idempotency-Key. A row is written in the transaction of the work, so a response is stored if and only if
-- the work was done. `answer` is sealed, because it may contain a secret. It also contains the fingerprint of its request.
CREATE TABLE idempotency_key (
  api_key_id text NOT NULL,
  company_id text REFERENCES company ON DELETE CASCADE,   -- null: an operator that named no company
  key        text NOT NULL,
  answer     text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX idempotency_key_of_caller ON idempotency_key (api_key_id, key, coalesce(company_id, ''));
CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at);

ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY;
CREATE POLICY of_company ON idempotency_key USING (company_id = hooklane.current_company());
CREATE POLICY of_operator ON idempotency_key USING (hooklane.is_operator());
