-- $1: a table as one writes it. How large it is with its partitions, where that is $2 bytes or more.
SELECT pg_size_pretty(size)
FROM (SELECT pg_total_relation_size($1::regclass) + coalesce(sum(pg_total_relation_size(relid)), 0) AS size
      FROM pg_catalog.pg_partition_tree($1::regclass)) AS whole
WHERE size >= $2::bigint
