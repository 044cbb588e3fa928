SELECT _rowid_, locked_by, coalesce(locked_at, updated_at), attempts_count FROM {table}
WHERE status = 'job_status_running' AND status <> 'job_status_succeeded'
