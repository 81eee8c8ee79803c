-- Headers are stored and handed back whole: json keeps their text, jsonb would take it apart and build it anew for every attempt.
-- This rewrites every attempt that is stored and locks the table meanwhile: nobody has any before the first release.
ALTER TABLE attempt
  ALTER COLUMN request_headers TYPE json USING request_headers::json,
  ALTER COLUMN response_headers TYPE json USING response_headers::json;
