-- Those to others than the owner, of tables, views and sequences; without those that everything new of the owner's gets
-- (ALTER DEFAULT PRIVILEGES), which the tables that are made for the comparison have too.
SELECT n.nspname, c.relname, format('GRANT %s ON %s%I.%I TO %s%s', a.privilege_type,
    CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END, n.nspname, c.relname,
    CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a
WHERE n.nspname = ANY ($1::text[]) AND a.grantee <> c.relowner AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl AS d CROSS JOIN LATERAL aclexplode(d.defaclacl) AS e
                    WHERE d.defaclrole = c.relowner AND d.defaclnamespace = 0
                        AND d.defaclobjtype = CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END
                        AND e.grantee = a.grantee AND e.privilege_type = a.privilege_type
                        AND e.is_grantable = a.is_grantable)
ORDER BY c.oid
