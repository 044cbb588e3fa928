-- The common end: the job returned.
UPDATE {table} AS job
SET status = 'job_status_succeeded', locked_by = NULL, updated_at = now()
FROM unnest($1::{id_type}[], $2::uuid[]) AS done (id, claim)
WHERE job.id = done.id{id_cast} AND job.locked_by = done.claim AND job.status = 'job_status_running'
RETURNING job.id
