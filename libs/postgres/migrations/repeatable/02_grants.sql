-- The rights of each service. Runs at the end of every migration. Rights that are no longer listed are revoked.
DO $$
DECLARE
  may record;
  one_table text;
  granted boolean;
  holder name;
  set_right text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  FOR may IN
    SELECT service_role, coalesce((SELECT pg_has_role(current_user, oid, set_right) FROM pg_roles WHERE rolname = service_role), false) AS usable
    FROM unnest(ARRAY['hooklane_service', 'hooklane_dispatcher', 'hooklane_recorder', 'hooklane_producer']) AS service_role
  LOOP
    CONTINUE WHEN NOT may.usable;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA hooklane FROM %I', may.service_role);
    EXECUTE format('GRANT USAGE ON SCHEMA hooklane TO %I', may.service_role);
  END LOOP;

  FOR may IN
    SELECT listed.*, coalesce((SELECT pg_has_role(current_user, oid, set_right) FROM pg_roles WHERE rolname = service_role), false) AS usable
    FROM (VALUES
      ('hooklane_service', ARRAY['company', 'api_key', 'app', 'subscription', 'subscription_secret', 'configuration', 'worker_group', 'idempotency_key'], 'SELECT, INSERT, UPDATE, DELETE', false),
      ('hooklane_service', ARRAY['company_identity', 'app_identity'], 'SELECT, INSERT, UPDATE', false),
      ('hooklane_service', ARRAY['ended_stream'], 'SELECT, INSERT, UPDATE, DELETE', false),
      ('hooklane_service', ARRAY['partition_owner'], 'SELECT, INSERT, DELETE, UPDATE (is_closed)', false),
      -- Deleting a company also deletes its delivery log.
      ('hooklane_service', ARRAY['lane', 'delivery', 'attempt', 'dead_letter'], 'SELECT, DELETE', false),
      ('hooklane_service', ARRAY['event_type', 'schema_migration'], 'SELECT', false),
      ('hooklane_dispatcher', ARRAY['partition_owner'], 'SELECT, UPDATE', false),
      ('hooklane_dispatcher', ARRAY['lane'], 'SELECT, INSERT, UPDATE, DELETE', true),
      ('hooklane_dispatcher', ARRAY['ended_stream'], 'SELECT, UPDATE (settled_at)', true),
      ('hooklane_dispatcher', ARRAY['worker_group'], 'SELECT', false),
      ('hooklane_recorder', ARRAY['delivery', 'attempt', 'dead_letter'], 'SELECT, INSERT, UPDATE', true),
      -- The recorder reads and locks these rows. FOR SHARE needs the right to update a column.
      ('hooklane_recorder', ARRAY['company_identity'], 'SELECT, UPDATE (company_id)', true),
      ('hooklane_producer', ARRAY['configuration'], 'SELECT', true),
      ('hooklane_producer', ARRAY['event_type', 'capture_mark'], 'SELECT, INSERT, UPDATE', false)
    ) AS listed (service_role, tables, rights, of_all_companies)
  LOOP
    -- If the role cannot be used, the service acts as the owner of the tables, to whom row-level security applies too (FORCE).
    holder := CASE WHEN may.usable THEN may.service_role::name ELSE current_user END;
    FOREACH one_table IN ARRAY may.tables LOOP
      IF may.usable THEN
        EXECUTE format('GRANT %s ON %I TO %I', may.rights, one_table, may.service_role);
      END IF;
      -- The policy is created again only when it changes, because creating a policy locks the table.
      CONTINUE WHEN NOT may.of_all_companies OR EXISTS (
        SELECT FROM pg_policies WHERE schemaname = 'hooklane' AND tablename = one_table AND policyname = may.service_role AND roles = ARRAY[holder]);
      EXECUTE format('DROP POLICY IF EXISTS %I ON %I', may.service_role, one_table);
      EXECUTE format('CREATE POLICY %I ON %I FOR %s TO %I USING (true)', may.service_role, one_table,
        CASE may.rights WHEN 'SELECT' THEN 'SELECT' ELSE 'ALL' END, holder);
    END LOOP;
    IF may.usable AND may.service_role = 'hooklane_service' THEN
      GRANT USAGE ON SEQUENCE configuration_version TO hooklane_service;
    ELSIF may.usable AND may.service_role = 'hooklane_recorder' THEN
      GRANT EXECUTE ON FUNCTION ensure_log_partitions(date) TO hooklane_recorder;
    END IF;
  END LOOP;
END $$;
