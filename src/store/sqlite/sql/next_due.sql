-- NULL, which sorts before all, is never due.
SELECT run_at, id FROM {table}
WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL AND run_at IS NOT NULL
ORDER BY run_at
LIMIT ?1
