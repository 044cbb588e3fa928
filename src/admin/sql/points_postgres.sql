-- By table through the primary key, also where all are meant: what is older is not read.
WITH RECURSIVE names (name) AS (
    SELECT coalesce({name}::text, (SELECT min(table_name) FROM errand_stats))
    UNION ALL
    SELECT (SELECT min(table_name) FROM errand_stats WHERE table_name > name) FROM names
    WHERE name IS NOT NULL AND {name}::text IS NULL
)
SELECT floor(extract(epoch FROM s.minute - {from}::timestamptz) * 1000000 / {step})::int8, s.outcome, sum(s.count),
    sum(s.total_us)::int8, max(s.max_us)
FROM names JOIN errand_stats AS s ON s.table_name = names.name AND s.minute >= {from}::timestamptz
GROUP BY 1, 2
