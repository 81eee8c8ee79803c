-- Extends the leases and saves the positions of all partitions of a process. $1 groups, $2 lease in ms, $3 partitions, $4 owners, $5
-- epochs, $6 offsets, $7 bitmaps, $8 save numbers. Lease and position are updated together. A save that arrives after a newer one changes
-- nothing (save_no). A partition that is missing in the result was not updated, because its owner is fenced or the save was too old.
UPDATE partition_owner o
SET lease_until = greatest(o.lease_until, clock_timestamp() + $2 * interval '1 millisecond'),
    main_offset = v.main_offset, main_done = v.main_done, save_no = v.save_no, saved_at = clock_timestamp()
FROM unnest($1::text[], $3::int[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bytea[], $8::bigint[])
  AS v(worker_group, partition, owner, epoch, main_offset, main_done, save_no)
WHERE (o.worker_group, o.partition, o.owner, o.epoch) = (v.worker_group, v.partition, v.owner, v.epoch)
  AND o.timeline = current_timeline()
  AND o.save_no < v.save_no
  AND coalesce(o.main_offset, 0) <= v.main_offset
RETURNING o.worker_group, o.partition
