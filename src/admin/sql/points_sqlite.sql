-- By table through the primary key, also where all are meant: what is older is not read.
WITH RECURSIVE names (name) AS (
    SELECT coalesce({name}, (SELECT min(table_name) FROM errand_stats))
    UNION ALL
    SELECT (SELECT min(table_name) FROM errand_stats WHERE table_name > name) FROM names
    WHERE name IS NOT NULL AND {name} IS NULL
)
SELECT (strftime('%s', s.minute) - strftime('%s', {from})) * 1000000 / {step}, s.outcome, sum(s.count),
    sum(s.total_us), max(s.max_us)
FROM names JOIN errand_stats AS s ON s.table_name = names.name AND s.minute >= {from}
GROUP BY 1, 2
