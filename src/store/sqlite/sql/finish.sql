-- The common end: the job returned.
UPDATE {table}
SET status = 'job_status_succeeded', locked_by = NULL, updated_at = ?1
WHERE {which} AND locked_by = ?3 AND status = 'job_status_running'
