-- $1 topic, $2 producer, $3 epoch as in the position, $4 table → why. What was noted first stays.
UPDATE hooklane.capture_mark SET gaps = $4::jsonb || gaps WHERE topic = $1 AND producer = $2 AND left(position, 4) = $3
