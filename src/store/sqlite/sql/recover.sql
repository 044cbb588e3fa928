-- run_at stays: the job was due before, and comes before what was inserted since.
UPDATE {table}
SET status = ?1, last_error = coalesce(?2, last_error), locked_by = NULL, updated_at = ?3
WHERE _rowid_ = ?4 AND status = 'job_status_running' AND locked_by IS ?5
