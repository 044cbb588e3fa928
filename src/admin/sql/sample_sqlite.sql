-- Rows of a few dozen places spread evenly over the numbers that rows have, by status, and how many numbers there are:
-- what is full of finished jobs, and what was deleted, shows in their density.
WITH RECURSIVE
    bounds (low, high) AS (SELECT (SELECT min(_rowid_) FROM {table}), (SELECT max(_rowid_) FROM {table})),
    places (at, step, high) AS (
        SELECT low, max((high - low + 1) / {places}, 1), high FROM bounds
        UNION ALL
        SELECT at + step, step, high FROM places WHERE at + step <= high - {wide} LIMIT {places}
    )
SELECT job.status, count(*), (SELECT high - low + 1 FROM bounds), (SELECT count(*) FROM places)
FROM places JOIN {table} AS job ON job._rowid_ BETWEEN places.at AND places.at + {wide} - 1
GROUP BY job.status
