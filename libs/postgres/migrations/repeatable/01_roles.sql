-- One role per service, without login: a service logs in as any member of the role and uses SET ROLE. Roles belong to the whole cluster, so
-- the migration of another database may have created them. If this login may not create roles, all services share one login: everything
-- works, but rights are not separated.
DO $$
DECLARE
  service_role text;
  -- Since PostgreSQL 16 the creator of a role is a member of it, but may SET ROLE only after it has granted the role to itself.
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
        RAISE WARNING '% may not create the role %, or may not SET ROLE to it', current_user, service_role
          USING HINT = format('As an administrator: CREATE ROLE %I NOLOGIN; GRANT %I TO %I; then migrate again.', service_role, service_role, current_user);
      WHEN duplicate_object OR unique_violation THEN
        NULL;  -- the migration of another database of this cluster has created it at the same moment
    END;
  END LOOP;
END $$;
