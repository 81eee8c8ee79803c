-- An app that has been subscribed may have events under way in its group, also after its last subscription is gone: the group stays.
ALTER TABLE app ADD COLUMN is_routed boolean NOT NULL DEFAULT false;

-- Two ids may yield one name. Row-level security hides the other company's app, so only the index can refuse the clash.
CREATE UNIQUE INDEX app_dedicated_group ON app (worker_group) WHERE worker_mode = 'dedicated';

-- Which subscriptions are failing now.
CREATE INDEX delivery_retrying ON delivery (subscription_id) WHERE status = 'retrying';
