-- A claim of ours sets updated_at and nothing else does until the job ends; locked_at is refreshed meanwhile.
SELECT id, since, locked_by
FROM (SELECT id, updated_at AS since, locked_by FROM {table}
      WHERE status = 'job_status_running' AND status <> 'job_status_succeeded'
      LIMIT {most}) AS running
ORDER BY since
