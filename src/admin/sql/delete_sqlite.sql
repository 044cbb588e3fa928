DELETE FROM {table}
WHERE id IN (SELECT value FROM json_each({ids})) AND status <> 'job_status_running' AND {filter}
RETURNING id
