-- $1 producer, $2 epoch as in the position, $3 table → why. What was noted first stays.
UPDATE hooklane.capture_mark SET gaps = $3::jsonb || gaps WHERE producer = $1 AND left(position, 4) = $2
