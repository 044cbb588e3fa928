DELETE FROM errand_attempts WHERE table_name = {name} AND job_id = ANY ({ids}::text[])
