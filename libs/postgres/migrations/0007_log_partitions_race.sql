-- Looks for a partition in pg_class instead of calling to_regclass. After this session has waited for another session that created the
-- partition, to_regclass may still return a cached "does not exist".
CREATE OR REPLACE FUNCTION ensure_log_partitions(wanted date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = hooklane, pg_temp AS $$
DECLARE
  parent text;
  child text;
  is_locked boolean := false;
BEGIN
  FOREACH parent IN ARRAY ARRAY['delivery', 'attempt'] LOOP
    child := parent || '_' || to_char(wanted, 'YYYYMMDD');
    CONTINUE WHEN EXISTS (SELECT FROM pg_class WHERE relnamespace = 'hooklane'::regnamespace AND relname = child);
    IF NOT is_locked THEN
      PERFORM pg_advisory_xact_lock(hashtextextended('hooklane.ensure_log_partitions', 0));
      is_locked := true;
    END IF;
    CONTINUE WHEN EXISTS (SELECT FROM pg_class WHERE relnamespace = 'hooklane'::regnamespace AND relname = child);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent, wanted, wanted + 1);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
  END LOOP;
END $$;
