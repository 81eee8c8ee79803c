-- Deletes deliveries of a company, and their attempts. $1 company, $2 maximum number of deliveries. Returns how many deliveries it deleted.
WITH doomed AS (
  SELECT day, app_id, sequence FROM delivery WHERE company_id = $1 LIMIT $2
), attempts AS (
  DELETE FROM attempt a USING doomed d WHERE (a.day, a.app_id, a.sequence) = (d.day, d.app_id, d.sequence)
), deliveries AS (
  DELETE FROM delivery l USING doomed d WHERE (l.day, l.app_id, l.sequence) = (d.day, d.app_id, d.sequence)
)
SELECT count(*)::int AS found FROM doomed
