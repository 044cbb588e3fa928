-- Whether a claim would find anything: a claim that would not needs no write lock.
SELECT 1 FROM {table}
WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL AND run_at <= ?1
LIMIT 1
