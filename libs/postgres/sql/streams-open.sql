-- $1 ids of apps. Returns the ended streams of these ids (one per deleted app: id and epoch) that are not settled yet.
SELECT app_id, epoch, worker_group FROM ended_stream WHERE app_id = ANY ($1) AND settled_at IS NULL
