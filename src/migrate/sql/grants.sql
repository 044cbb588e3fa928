-- Those to others than the owner, of tables, views and sequences.
SELECT n.nspname, c.relname, format('GRANT %s ON %s%I.%I TO %s%s', a.privilege_type,
    CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END, n.nspname, c.relname,
    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a
WHERE n.nspname = ANY ($1::text[]) AND a.grantee <> c.relowner AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    AND c.relname NOT LIKE 'errand\_%'
ORDER BY c.oid
