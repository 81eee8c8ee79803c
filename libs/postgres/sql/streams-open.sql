-- $1 apps. Deleted apps whose deliveries are not known to be settled.
SELECT app_id, epoch, worker_group FROM ended_stream WHERE app_id = ANY ($1) AND settled_at IS NULL
