-- $1 companies. Until the transaction ends none of them is deleted, nor made again; in the order of their ids, so that two never wait for each other.
SELECT company_id, incarnation, ended_at IS NOT NULL AS is_ended FROM company_identity WHERE company_id = ANY ($1) ORDER BY company_id FOR SHARE
