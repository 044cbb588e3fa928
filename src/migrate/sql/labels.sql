SELECT n.nspname, t.typname, e.enumlabel, quote_literal(e.enumlabel)
FROM pg_catalog.pg_enum AS e JOIN pg_catalog.pg_type AS t ON t.oid = e.enumtypid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY ($1::text[])
ORDER BY t.oid, e.enumsortorder
