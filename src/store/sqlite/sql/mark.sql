-- updated_at then says since when it runs: locked_at is refreshed while it does.
UPDATE {table}
SET status = 'job_status_running', locked_at = ?1, updated_at = ?1, locked_by = ?2, attempts_count = attempts_count + 1
WHERE _rowid_ BETWEEN ?3 AND ?4
