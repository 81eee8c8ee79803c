-- Run once as the owner of Vendure's tables, after Vendure has created them.
-- Without these statements Postgres does not log old rows. Hooklane then refuses the source, because it would not know the old values.
ALTER TABLE public.product REPLICA IDENTITY FULL;
ALTER TABLE public.product_translation REPLICA IDENTITY FULL;
ALTER TABLE public.product_variant REPLICA IDENTITY FULL;
ALTER TABLE public.product_variant_translation REPLICA IDENTITY FULL;
ALTER TABLE public.product_variant_price REPLICA IDENTITY FULL;
ALTER TABLE public.stock_level REPLICA IDENTITY FULL;
ALTER TABLE public.tag REPLICA IDENTITY FULL;
