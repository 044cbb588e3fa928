SELECT attempt, started_at, finished_at, outcome, error, backtrace, output
FROM errand_attempts
WHERE table_name = {name} AND job_id = {id}
ORDER BY started_at DESC, id DESC
LIMIT {most}
