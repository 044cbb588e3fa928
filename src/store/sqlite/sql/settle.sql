-- Every other end. ?5: the attempt is not counted; ?6: the new run_at; ?7: the new last_error. A job that is put back
-- is as it was before the claim.
UPDATE {table}
SET status = ?4,
    locked_by = NULL,
    locked_at = CASE WHEN ?5 THEN NULL ELSE locked_at END,
    updated_at = CASE WHEN ?5 AND ?6 IS NULL THEN updated_at ELSE ?1 END,
    attempts_count = max(attempts_count - ?5, 0),
    run_at = coalesce(?6, run_at),
    last_error = coalesce(?7, last_error)
WHERE {which} AND locked_by = ?3 AND status = 'job_status_running'
