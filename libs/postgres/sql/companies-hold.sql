-- $1 companies. Locks them, so that none is deleted or created again until this transaction ends. Locks in the order of the ids, which
-- prevents deadlocks.
SELECT company_id, incarnation, ended_at IS NOT NULL AS is_ended FROM company_identity WHERE company_id = ANY ($1) ORDER BY company_id FOR SHARE
