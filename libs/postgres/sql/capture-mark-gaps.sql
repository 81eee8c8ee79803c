-- $1 topic, $2 producer, $3 epoch as in the position, $4 table → why. What was noted first stays, but what a person may accept ("id") gives way to what
-- nobody may: accepting the one must not open the way past the other.
UPDATE hooklane.capture_mark SET gaps = gaps || (
  SELECT coalesce(jsonb_object_agg(found.key, found.value), '{}')
  FROM jsonb_each($4::jsonb) AS found
  WHERE NOT gaps ? found.key OR (gaps -> found.key ? 'id' AND NOT found.value ? 'id')
)
WHERE topic = $1 AND producer = $2 AND left(position, 4) = $3
