-- Whether there is little to count.
SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {most})
