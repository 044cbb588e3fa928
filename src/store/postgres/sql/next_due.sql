-- {more}: which jobs are passed over.
SELECT CASE WHEN run_at <= now() THEN 0
            WHEN run_at = 'infinity' THEN NULL
            ELSE least(extract(epoch FROM run_at - now()) * 1000000, 3e15)::bigint END
FROM {table}
WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL
    AND run_at IS NOT NULL {more}
ORDER BY run_at
LIMIT 1
