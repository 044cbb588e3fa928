SELECT {counts},
    (SELECT count(*) FROM (
        SELECT 1 AS one FROM {table}
        WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL AND run_at <= {now}
        LIMIT {most}) AS few),
    (SELECT run_at FROM {table}
     WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL AND run_at <= {now}
     ORDER BY run_at LIMIT 1)
