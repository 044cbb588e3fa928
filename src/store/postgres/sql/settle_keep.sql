-- The same, of attempts that leave a record: kept where the outcome applied.
WITH applied AS (
    UPDATE {table} AS job
    SET status = done.status::{status_type},
        locked_by = NULL,
        locked_at = CASE WHEN done.uncount THEN NULL ELSE job.locked_at END,
        updated_at = CASE WHEN done.uncount AND done.delay_us IS NULL THEN job.updated_at ELSE now() END,
        attempts_count = job.attempts_count - CASE WHEN done.uncount AND job.attempts_count > 0 THEN 1 ELSE 0 END,
        run_at = coalesce(now() + done.delay_us * interval '1 microsecond', job.run_at),
        last_error = coalesce(done.error, job.last_error)
    FROM unnest($1::{id_type}[], $2::uuid[], $3::text[], $4::bool[], $5::int8[], $6::text[], $7::int4[], $8::int8[],
                $9::int8[], $10::text[], $11::text[], $12::text[], $13::text[])
        AS done (id, claim, status, uncount, delay_us, error, attempt, started_us, finished_us, outcome, said,
                 backtrace, output)
    WHERE job.id = done.id{id_cast}
        -- CASE, lest the planner reads the few running jobs that it expects, for each of the ids.
        AND CASE WHEN job.locked_by = done.claim THEN job.status = 'job_status_running' END
        {more}
    RETURNING job.id, done.attempt, done.started_us, done.finished_us, done.outcome, done.said, done.backtrace,
              done.output
), kept AS (
    INSERT INTO errand_attempts (table_name, job_id, attempt, started_at, finished_at, outcome, error, backtrace, output)
    SELECT {table_name}, id::text, attempt, clock_timestamp() - started_us * interval '1 microsecond',
           clock_timestamp() - finished_us * interval '1 microsecond', outcome, said, backtrace, output
    FROM applied
)
SELECT id FROM applied
