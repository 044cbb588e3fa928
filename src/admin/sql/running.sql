SELECT id, since, locked_by
FROM (SELECT id, coalesce(locked_at, updated_at) AS since, locked_by FROM {table}
      WHERE status = 'job_status_running' AND status <> 'job_status_succeeded'
      LIMIT {most}) AS running
ORDER BY since
