DELETE FROM errand_attempts WHERE table_name = {name} AND job_id IN (SELECT value FROM json_each({ids}))
