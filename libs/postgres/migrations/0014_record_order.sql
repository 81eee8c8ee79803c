-- The records of a delivery are not always read in the order in which they were written, because two dispatchers may have reported the
-- delivery, and every record may be read again. A row stores the order of the records that its state comes from, so that an older record
-- that is read later changes nothing. The texts sort bytewise (libs/postgres/src/delivery-log/record-order.ts). The newest record,
-- in the order of both columns, determines the state of a delivery; the newest attempt determines the last response. An empty text means
-- that there is no such record yet, or that the row is older than this migration. Then every record counts as newer.
ALTER TABLE delivery
  ADD COLUMN attempt_order    text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN settlement_order text COLLATE "C" NOT NULL DEFAULT '';

ALTER TABLE dead_letter
  ADD COLUMN record_order text COLLATE "C" NOT NULL DEFAULT '';
