-- Receivers take secrets in paths and queries. `target_url` is what may be shown of the URL; where that is not all of it, all of it stands
-- here, sealed.
ALTER TABLE subscription ADD COLUMN target_url_sealed text;
COMMENT ON COLUMN subscription.target_url IS 'as it may be shown: without the values of the query and all but the first segment of the path';
