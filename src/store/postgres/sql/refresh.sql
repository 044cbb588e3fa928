UPDATE {table} SET locked_at = now()
WHERE {row} = ANY (ARRAY(
    SELECT {row} FROM {table}
    WHERE status = 'job_status_running' AND status <> 'job_status_succeeded' AND locked_by = ANY ($1::uuid[])
    FOR UPDATE SKIP LOCKED))
