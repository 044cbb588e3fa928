-- Jobs that run without a worker: under one of the dead ones, whom locked_by begins with, and under an unknown one that
-- has not been heard of since.
SELECT count(CASE WHEN is_of_dead = 1 THEN 1 END), count(CASE WHEN is_of_dead = 0 THEN 1 END)
FROM (SELECT CASE WHEN substr(CAST(locked_by AS text), 1, 18) IN ({dead}) THEN 1
                  WHEN locked_at < {since} THEN 0 END AS is_of_dead
      FROM {table}
      WHERE status = 'job_status_running' AND status <> 'job_status_succeeded') AS running
