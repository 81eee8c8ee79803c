-- One role per service, without login: a service logs in as any member and does SET ROLE. Roles belong to the cluster, so another
-- database may have made them. Without the right to make them, everything still works under the one login, less separated.
DO $$
DECLARE
  service_role text;
  -- Since 16 a role's maker is a member that may not take the role before it grants it to itself.
  set_right text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  FOREACH service_role IN ARRAY ARRAY['hooklane_service', 'hooklane_dispatcher', 'hooklane_recorder', 'hooklane_producer'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service_role) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', service_role);
      END IF;
      IF NOT pg_has_role(current_user, service_role, set_right) THEN
        EXECUTE format('GRANT %I TO %I', service_role, current_user);
      END IF;
    EXCEPTION
      WHEN insufficient_privilege THEN
        RAISE WARNING '% may not create or take the role %', current_user, service_role
          USING HINT = format('As an administrator: CREATE ROLE %I NOLOGIN; GRANT %I TO %I; then migrate again.', service_role, service_role, current_user);
      WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of this cluster was migrated at the same moment and made it
    END;
  END LOOP;
END $$;
