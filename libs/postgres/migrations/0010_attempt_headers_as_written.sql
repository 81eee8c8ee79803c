-- Headers are stored and handed back whole: json keeps their text, jsonb would take it apart and build it anew for every attempt.
ALTER TABLE attempt
  ALTER COLUMN request_headers TYPE json USING request_headers::json,
  ALTER COLUMN response_headers TYPE json USING response_headers::json;
