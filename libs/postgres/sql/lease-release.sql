-- $1 worker group, $2 partition, $3 owner, $4 epoch
UPDATE partition_owner SET owner = NULL, lease_until = NULL
WHERE worker_group = $1 AND partition = $2 AND owner = $3 AND epoch = $4
