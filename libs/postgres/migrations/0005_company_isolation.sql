-- Row-level security by company on every tenant table. It applies to the owner of the tables too (FORCE). Each transaction sets one of
-- these contexts: `hooklane.company` (the company of the API key), `hooklane.api_key` (the id of the key that is being checked, before its
-- company is known) or `hooklane.scope` = operator. Without a context no row is visible. repeatable/02_grants.sql lists the services that
-- may see all rows.

-- After the transaction of a SET LOCAL, the setting is an empty string, not null.
CREATE FUNCTION current_company() RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT nullif(current_setting('hooklane.company', true), '') $$;
CREATE FUNCTION is_operator() RETURNS boolean LANGUAGE sql STABLE AS
  $$ SELECT coalesce(current_setting('hooklane.scope', true), '') = 'operator' $$;

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['api_key', 'app', 'subscription', 'subscription_secret', 'delivery', 'attempt', 'dead_letter', 'lane'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY of_company ON %I USING (company_id = hooklane.current_company())', tenant_table);
    EXECUTE format('CREATE POLICY of_operator ON %I USING (hooklane.is_operator())', tenant_table);
  END LOOP;
END $$;

CREATE POLICY of_key ON api_key FOR SELECT USING (id = nullif(current_setting('hooklane.api_key', true), ''));

ALTER TABLE company ENABLE ROW LEVEL SECURITY;
ALTER TABLE company FORCE ROW LEVEL SECURITY;
CREATE POLICY of_company ON company FOR SELECT USING (id = hooklane.current_company());
CREATE POLICY of_operator ON company USING (hooklane.is_operator());

ALTER TABLE configuration ENABLE ROW LEVEL SECURITY;
ALTER TABLE configuration FORCE ROW LEVEL SECURITY;
-- Saving an app may create its worker group, which belongs to no company.
CREATE POLICY of_company ON configuration USING (
  hooklane.current_company() IS NOT NULL AND (kind = 'workerGroup' OR body::jsonb ->> 'companyId' = hooklane.current_company()));
CREATE POLICY of_operator ON configuration USING (hooklane.is_operator());
