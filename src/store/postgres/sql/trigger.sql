-- Waits for nobody but another worker that is just at it: a writer or a VACUUM at work is an error at once (NOWAIT), and
-- it is tried again later. A backup, which keeps ACCESS EXCLUSIVE out, matters only where a trigger of our name is not ours.
DO $errand$
DECLARE
    wanted RECORD;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock({gate} # 1);
    CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $function$
{body}
$function$;
    FOR wanted IN
        SELECT w.name, w.definition, t.tgenabled IN ('O', 'A') AS enabled,
            t.tgfoid = ({function_text} || '()')::regprocedure AS ours
        FROM (VALUES
            ({insert_text}, $trigger$CREATE TRIGGER {insert_trigger} AFTER INSERT ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {function}()$trigger$),
            ({update_text}, $trigger$CREATE TRIGGER {update_trigger} AFTER UPDATE ON {table} FOR EACH ROW
                WHEN (NEW.status IN ('job_status_not_started', 'job_status_retry') AND NEW.locked_by IS NULL
                    AND (OLD.status IS DISTINCT FROM NEW.status OR OLD.run_at IS DISTINCT FROM NEW.run_at
                        OR OLD.locked_by IS DISTINCT FROM NEW.locked_by))
                EXECUTE FUNCTION {function}()$trigger$)
        ) AS w (name, definition)
            LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = {label}::regclass AND t.tgname = w.name
    LOOP
        CONTINUE WHEN wanted.ours AND wanted.enabled;
        LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE NOWAIT;
        IF wanted.ours THEN
            EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', {label}, wanted.name);
            CONTINUE;
        END IF;
        IF wanted.ours IS NOT NULL THEN
            LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE NOWAIT;
            EXECUTE format('DROP TRIGGER %I ON %s', wanted.name, {label});
        END IF;
        EXECUTE wanted.definition;
    END LOOP;
END $errand$
