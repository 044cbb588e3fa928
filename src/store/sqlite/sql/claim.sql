-- What is to be claimed, as the rows will be once mark.sql has run. Whole before the first row is marked: marking
-- takes it out of the index that this walks.
SELECT job._rowid_, job.id, job.run_at, job.attempts_count + 1, {columns}
FROM {table} AS job
WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL AND run_at <= ?1
ORDER BY run_at, {position}
LIMIT ?3
