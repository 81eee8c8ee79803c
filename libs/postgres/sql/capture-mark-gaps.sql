-- $1 topic, $2 producer, $3 owner of the mark when the gaps were found, $4 epoch as in the position, $5 table → gap.
-- If another process has claimed the mark since, nothing changes: that process has checked for gaps itself, and may have closed them. A gap
-- that is already recorded stays, with one exception: a gap that an operator may accept (it has an "id") is replaced by one that cannot be
-- accepted. Otherwise, by accepting the first gap the operator would also let the source continue past the second.
UPDATE hooklane.capture_mark SET gaps = gaps || (
  SELECT coalesce(jsonb_object_agg(found.key, found.value), '{}')
  FROM jsonb_each($5::jsonb) AS found
  WHERE NOT gaps ? found.key OR (gaps -> found.key ? 'id' AND NOT found.value ? 'id')
)
WHERE topic = $1 AND producer = $2 AND owner IS NOT DISTINCT FROM $3 AND left(position, 4) = $4
