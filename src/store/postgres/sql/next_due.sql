SELECT CASE WHEN run_at = 'infinity' THEN NULL
            ELSE least(greatest(extract(epoch FROM run_at - now()) * 1000000, 0), 3e15)::bigint END
FROM {table}
WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL AND run_at IS NOT NULL
ORDER BY run_at
LIMIT 1
