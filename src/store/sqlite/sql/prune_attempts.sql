-- Attempts are numbered as they end: of the first ?2, those that ended before ?1.
DELETE FROM errand_attempts
WHERE id IN (SELECT id FROM (SELECT id, finished_at FROM errand_attempts ORDER BY id LIMIT ?2) WHERE finished_at < ?1)
