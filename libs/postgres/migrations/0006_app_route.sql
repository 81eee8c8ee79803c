-- True once the app has had a subscription. Deliveries may then be in progress in its group, even after the last subscription was deleted,
-- so the group cannot change.
ALTER TABLE app ADD COLUMN is_routed boolean NOT NULL DEFAULT false;

-- Two app ids can yield the same group name. Row-level security hides apps of other companies, so only this index can reject the second
-- app.
CREATE UNIQUE INDEX app_dedicated_group ON app (worker_group) WHERE worker_mode = 'dedicated';

-- For finding the subscriptions that are failing now.
CREATE INDEX delivery_retrying ON delivery (subscription_id) WHERE status = 'retrying';
