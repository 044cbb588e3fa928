-- Which job a claim of one takes, before it does, lest nobody knows whose claim was refused. $1: those passed over.
SELECT id FROM {table}
WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL
    AND run_at <= now() AND id::text <> ALL ($1::text[])
ORDER BY {order}
LIMIT 1
FOR UPDATE SKIP LOCKED
