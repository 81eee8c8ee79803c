-- Run once as the owner of Vendure's tables, when Vendure has made them.
-- Without it Postgres logs no old rows, and Hooklane refuses to start: nobody could know what a change changed.
ALTER TABLE public.product REPLICA IDENTITY FULL;
ALTER TABLE public.product_translation REPLICA IDENTITY FULL;
ALTER TABLE public.product_variant REPLICA IDENTITY FULL;
ALTER TABLE public.product_variant_translation REPLICA IDENTITY FULL;
ALTER TABLE public.product_variant_price REPLICA IDENTITY FULL;
ALTER TABLE public.stock_level REPLICA IDENTITY FULL;
ALTER TABLE public.tag REPLICA IDENTITY FULL;
