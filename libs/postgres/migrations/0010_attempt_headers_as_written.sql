-- Headers are only stored and returned as a whole. json keeps their text; jsonb would parse and serialise it for every attempt.
-- This migration rewrites all stored attempts and locks the table meanwhile. Before the first release no installation has stored attempts.
ALTER TABLE attempt
  ALTER COLUMN request_headers TYPE json USING request_headers::json,
  ALTER COLUMN response_headers TYPE json USING response_headers::json;
