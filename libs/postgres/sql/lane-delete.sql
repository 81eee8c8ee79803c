-- $1 worker group, $2 partition, $3 owner, $4 epoch: the lease token; $5 company, $6 app.
-- Returns one row if the lease token is valid, even if there was no lane row; otherwise none.
WITH lease_token AS (
  SELECT 1 FROM partition_owner
  WHERE worker_group = $1 AND partition = $2 AND owner = $3 AND epoch = $4 AND timeline = current_timeline()
  FOR KEY SHARE
), deleted AS (
  DELETE FROM lane WHERE worker_group = $1 AND company_id = $5 AND app_id = $6 AND EXISTS (SELECT 1 FROM lease_token) RETURNING 1
)
SELECT 1 FROM lease_token
