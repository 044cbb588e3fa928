BEGIN
    /* errand 2 */
    -- That mark says whose and which version this is. No PERFORM where an IF serves: what PL/pgSQL evaluates by itself
    -- costs a tenth of a statement, and this runs at each insert.
    -- The lock is held until this transaction ends. A worker falls asleep only while nobody holds it, so either this
    -- finds it asleep, or it finds, awake, what is inserted here. (It answers nothing, which is not NULL.)
    IF pg_catalog.pg_advisory_xact_lock_shared({gate}) IS NULL
        OR pg_catalog.current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
    THEN
        PERFORM pg_catalog.pg_notify({channel}, '');
        RETURN NULL;
    END IF;
    -- A statement of its own: its snapshot is taken behind the lock, which above READ COMMITTED it would not be.
    PERFORM FROM {sleeping} AS s WHERE s.table_name = {name} AND s.asleep;
    IF FOUND THEN
        PERFORM pg_catalog.pg_notify({channel}, '');
    END IF;
    RETURN NULL;
EXCEPTION WHEN undefined_table OR undefined_column OR insufficient_privilege OR invalid_schema_name THEN
    -- errand_sleeping is gone or not for this role: an insert must not fail for that.
    PERFORM pg_catalog.pg_notify({channel}, '');
    RETURN NULL;
END
