-- A job that is due already keeps its place in the queue.
UPDATE {table}
SET status = CASE WHEN status IN ('job_status_not_started', 'job_status_retry') THEN status
                  ELSE 'job_status_retry' END,
    run_at = CASE WHEN status IN ('job_status_not_started', 'job_status_retry') THEN min(run_at, {now})
                  ELSE {now} END,
    locked_by = NULL, updated_at = {now}
WHERE id IN (SELECT value FROM json_each({ids})) AND status <> 'job_status_running' AND {filter}
RETURNING id
