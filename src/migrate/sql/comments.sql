SELECT i.type, i.identity, d.description, quote_literal(d.description),
    (SELECT c.relname FROM pg_catalog.pg_class AS c
     WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objoid)
FROM pg_catalog.pg_description AS d
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
WHERE d.classoid IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass)
    AND i.schema = ANY (SELECT quote_ident(name) FROM unnest($1::text[]) AS name)
ORDER BY d.objoid, d.objsubid
