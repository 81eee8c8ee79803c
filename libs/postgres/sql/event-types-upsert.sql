-- Event types of a producer. A type that another producer added earlier keeps its source. An unchanged row is not written.
INSERT INTO event_type (name, resource, action, title, source)
SELECT name, resource, action, title, source
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS given (name, resource, action, title, source)
ON CONFLICT (name) DO UPDATE SET resource = EXCLUDED.resource, action = EXCLUDED.action, title = EXCLUDED.title, updated_at = now()
WHERE (event_type.resource, event_type.action, event_type.title) IS DISTINCT FROM (EXCLUDED.resource, EXCLUDED.action, EXCLUDED.title)
