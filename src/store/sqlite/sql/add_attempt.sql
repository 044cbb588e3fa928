INSERT INTO errand_attempts (table_name, job_id, attempt, started_at, finished_at, outcome, error, backtrace, output)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
