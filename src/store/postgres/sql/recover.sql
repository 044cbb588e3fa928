-- $1: the first 18 characters that all claims of this worker begin with; of those before $2, the ones in $3 are in
-- hands. $4: the same characters of dead workers, $5: of all that are known. $6: max_attempts + 10. $7: microseconds after
-- which a job of a worker of another make is stale. run_at stays: the job was due before.
-- How many were retried, how many failed, how many are left to others; and whether rows of the dead are among these, which
-- someone has locked.
WITH held AS MATERIALIZED (
    SELECT {row} AS place, locked_by, coalesce(locked_at, updated_at) AS since, attempts_count
    FROM {table}
    WHERE status = 'job_status_running' AND status <> 'job_status_succeeded'
), known AS MATERIALIZED (
    SELECT held.*,
        CASE WHEN left(locked_by::text, 18) = $1::text THEN 'own'
             WHEN left(locked_by::text, 18) = ANY ($4::text[]) THEN 'dead'
             WHEN left(locked_by::text, 18) = ANY ($5::text[]) THEN 'alive'
             ELSE 'foreign' END AS kind
    FROM held
), lost AS MATERIALIZED (
    SELECT place, locked_by,
        CASE WHEN kind <> 'foreign' THEN attempts_count >= $6::int8 ELSE since < now() - interval '1 day' END AS last,
        kind
    FROM known
    WHERE (kind = 'own' AND locked_by < $2::uuid AND locked_by <> ALL ($3::uuid[]))
        OR kind = 'dead'
        OR (kind = 'foreign' AND since < now() - $7::int8 * interval '1 microsecond')
), locked AS MATERIALIZED (
    SELECT {row} AS place FROM {table}
    WHERE {row} = ANY (ARRAY(SELECT place FROM lost)) FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE {table} AS job
    SET status = CASE WHEN lost.last THEN 'job_status_failed' ELSE 'job_status_retry' END::{status_type},
        last_error = CASE WHEN lost.last AND lost.kind = 'foreign' THEN 'Stale job: worker likely crashed'
                          WHEN lost.last THEN 'The worker died while this job ran, too many times'
                          ELSE job.last_error END,
        locked_by = NULL, updated_at = now()
    FROM lost, locked
    WHERE locked.place = lost.place AND job.{row} = lost.place
        AND job.status = 'job_status_running' AND job.locked_by IS NOT DISTINCT FROM lost.locked_by
    RETURNING lost.last, lost.kind
)
SELECT count(*) FILTER (WHERE NOT last), count(*) FILTER (WHERE last),
    (SELECT count(*) FROM known WHERE kind <> 'own') - count(*) FILTER (WHERE kind <> 'own'),
    (SELECT count(*) FROM known WHERE kind = 'dead') > count(*) FILTER (WHERE kind = 'dead')
FROM taken
