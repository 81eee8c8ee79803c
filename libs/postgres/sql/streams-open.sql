-- $1 apps. Returns the streams of deleted apps whose deliveries are not yet known to be settled.
SELECT app_id, epoch, worker_group FROM ended_stream WHERE app_id = ANY ($1) AND settled_at IS NULL
