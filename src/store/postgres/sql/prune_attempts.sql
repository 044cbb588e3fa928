-- Attempts are numbered as they end: of the first $2, those that ended more than $1 days ago.
DELETE FROM errand_attempts
WHERE id = ANY (ARRAY(
    SELECT id FROM errand_attempts
    WHERE id <= (SELECT max(id) FROM (SELECT id FROM errand_attempts ORDER BY id LIMIT $2::int8) AS first)
        AND finished_at < now() - $1::int8 * interval '1 day'
    FOR UPDATE SKIP LOCKED))
