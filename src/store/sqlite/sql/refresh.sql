UPDATE {table} SET locked_at = ?1
WHERE status = 'job_status_running' AND status <> 'job_status_succeeded' AND locked_by = ?2
