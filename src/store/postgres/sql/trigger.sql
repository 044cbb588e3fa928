-- Never waits: a writer or a VACUUM at work is an error at once (NOWAIT), and it is tried again later.
DO $errand$
BEGIN
    LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE NOWAIT;
    CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $function$
{body}
$function$;
    DROP TRIGGER IF EXISTS {insert_trigger} ON {table};
    CREATE TRIGGER {insert_trigger} AFTER INSERT ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {function}();
    DROP TRIGGER IF EXISTS {update_trigger} ON {table};
    CREATE TRIGGER {update_trigger} AFTER UPDATE ON {table} FOR EACH ROW
        WHEN (NEW.status IN ('job_status_not_started', 'job_status_retry') AND NEW.locked_by IS NULL
            AND (OLD.status IS DISTINCT FROM NEW.status OR OLD.run_at IS DISTINCT FROM NEW.run_at
                OR OLD.locked_by IS DISTINCT FROM NEW.locked_by))
        EXECUTE FUNCTION {function}();
END $errand$
