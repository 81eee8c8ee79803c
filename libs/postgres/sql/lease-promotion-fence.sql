-- $1 worker group, $2 partition, $3 lease in ms. After a failover, the promoted standby may lack the last grants. So every lease token of
-- the old timeline is void, and one full lease must pass before a new owner may act.
UPDATE partition_owner
SET owner = NULL, epoch = epoch + 1000, lease_until = clock_timestamp() + $3 * interval '1 millisecond', timeline = current_timeline(), save_no = 0
WHERE worker_group = $1 AND partition = $2 AND timeline <> current_timeline()
