-- $1 topic, $2 producer, $3 owner under whose mark they were found, $4 epoch as in the position, $5 table → why. A process that is late changes
-- nothing: whoever has claimed the mark since has looked for itself, and may have closed them. What was noted first stays, but what a person may accept ("id") gives way to what
-- nobody may: accepting the one must not open the way past the other.
UPDATE hooklane.capture_mark SET gaps = gaps || (
  SELECT coalesce(jsonb_object_agg(found.key, found.value), '{}')
  FROM jsonb_each($5::jsonb) AS found
  WHERE NOT gaps ? found.key OR (gaps -> found.key ? 'id' AND NOT found.value ? 'id')
)
WHERE topic = $1 AND producer = $2 AND owner IS NOT DISTINCT FROM $3 AND left(position, 4) = $4
