WITH chosen AS MATERIALIZED (
    SELECT id AS chosen_id FROM {table}
    WHERE id = ANY ({ids}::{id_type}[]) AND status <> 'job_status_running' AND {filter}
    {lock}
)
DELETE FROM {table} AS job
USING chosen
WHERE job.id = chosen.chosen_id AND job.status <> 'job_status_running'
RETURNING job.id
