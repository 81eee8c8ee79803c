-- Receivers take secrets in paths and queries. `target_url` is the part of the URL that may be shown. If the URL has other parts,
-- `target_url_sealed` holds the whole URL, sealed.
ALTER TABLE subscription ADD COLUMN target_url_sealed text;
COMMENT ON COLUMN subscription.target_url IS 'as it may be shown: without the values of the query and all but the first segment of the path';
