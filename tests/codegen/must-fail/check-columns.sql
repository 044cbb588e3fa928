CREATE TABLE a (n int CHECK (m > 0), "Odd Name" text, "user" text,
    CHECK (n > 0 AND "Odd Name" <> '' AND a.n < 9 AND "user" IS NOT NULL AND to_jsonb(a) IS NOT NULL AND tableoid > 0),
    CHECK (coalesce(length(x), n) IN (1, y) OR (z)::int = 3 OR extract(year FROM now()) > n OR current_user = 'me'),
    CHECK ("odd name" = '' OR Q.n > 0));
CREATE TABLE b (LIKE a, CHECK (n > 1));
ALTER TABLE b ADD COLUMN later int CHECK (later > 0), ADD CHECK (NOT gone IS NULL AND later < 9);
