-- Records of a delivery are not read in the order in which they were made: two dispatchers may have reported it, and each record may be read again.
-- A row remembers which records its state comes from, so that an older one read later changes nothing. The texts sort bytewise
-- (libs/postgres/src/delivery-log/record-order.ts); the greater of the first two says the state, the first one the last answer. Empty: no such record
-- yet, or a row of before, whose records are all newer.
ALTER TABLE delivery
  ADD COLUMN attempt_order    text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN settlement_order text COLLATE "C" NOT NULL DEFAULT '';

ALTER TABLE dead_letter
  ADD COLUMN record_order text COLLATE "C" NOT NULL DEFAULT '';
