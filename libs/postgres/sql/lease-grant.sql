-- $1 worker group, $2 partition, $3 owner, $4 instance, $5 lease in ms. FOR UPDATE waits for lane writes in progress. If no row is
-- returned, another owner holds the partition, its group is being removed, or the database was promoted and the promotion fence has not run
-- yet.
WITH candidate AS (
  SELECT * FROM partition_owner WHERE worker_group = $1 AND partition = $2 FOR UPDATE
)
UPDATE partition_owner o
SET owner = $3, instance = $4, epoch = o.epoch + 1, lease_until = clock_timestamp() + $5 * interval '1 millisecond', save_no = 0
FROM candidate c
WHERE (o.worker_group, o.partition) = (c.worker_group, c.partition)
  AND NOT c.is_closed
  AND c.timeline = current_timeline()
  AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp())
RETURNING o.epoch, o.main_offset, o.main_done
