-- The common end: the job returned.
UPDATE {table} AS job
SET status = 'job_status_succeeded', locked_by = NULL, updated_at = now()
FROM unnest($1::{id_type}[], $2::uuid[]) AS done (id, claim)
WHERE job.id = done.id{id_cast}
    -- CASE, lest the planner reads the few running jobs that it expects, for each of the ids.
    AND CASE WHEN job.locked_by = done.claim THEN job.status = 'job_status_running' END
    {more}
RETURNING job.id
