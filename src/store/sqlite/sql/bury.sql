-- A dead worker whose jobs this one has taken over, its tables being the same, is kept for a day (?3). Jobs of other
-- tables wait for a worker that looks at them: the row is kept for 30 (?4).
DELETE FROM errand_workers WHERE id = ?1 AND seen_at < CASE WHEN tables = ?2 THEN ?3 ELSE ?4 END
