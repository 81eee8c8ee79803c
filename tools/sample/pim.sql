-- The sample PIM: tables as a real PIM might have them. REPLICA IDENTITY FULL lets Hooklane see the state before a change.
CREATE SEQUENCE product_number START 9001;
CREATE SEQUENCE category_number START 8;

CREATE TABLE brand (
  id         text PRIMARY KEY,
  company_id text NOT NULL,
  name       text NOT NULL
);
CREATE TABLE category (
  id         text PRIMARY KEY,
  company_id text NOT NULL,
  name       jsonb NOT NULL
);
CREATE TABLE product (
  id         text PRIMARY KEY,
  company_id text NOT NULL,
  sku        text NOT NULL UNIQUE,
  name       jsonb NOT NULL,
  price      numeric(12, 2) NOT NULL,
  brand_id   text REFERENCES brand,
  tags       text[] NOT NULL DEFAULT '{}',
  version    int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
ALTER TABLE brand REPLICA IDENTITY FULL;
ALTER TABLE category REPLICA IDENTITY FULL;
ALTER TABLE product REPLICA IDENTITY FULL;

INSERT INTO brand VALUES ('brd_3', 'cmp_nordlys', 'Nord'), ('brd_4', 'cmp_nordlys', 'Lys');
INSERT INTO category VALUES ('cat_7', 'cmp_nordlys', '{"en": "Lamps", "de": "Lampen"}');
INSERT INTO product (id, company_id, sku, name, price, brand_id)
SELECT 'prd_' || number, 'cmp_nordlys', 'LAMP-' || number, jsonb_build_object('en', 'Lamp ' || number), 49.90, 'brd_4'
FROM generate_series(8990, 8999) AS number;
