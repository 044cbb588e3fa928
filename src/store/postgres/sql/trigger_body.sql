BEGIN
    PERFORM 'errand 1'; -- whose and which version this is
    -- Held until this transaction ends. A worker falls asleep only while nobody holds it, so either this finds it
    -- asleep, or it finds, awake, what is inserted here.
    PERFORM pg_catalog.pg_advisory_xact_lock_shared({gate});
    -- A statement of its own: its snapshot is taken behind the lock, unless the isolation level keeps an older one.
    IF pg_catalog.current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted')
        OR EXISTS (SELECT FROM {sleeping} AS s WHERE s.table_name = {name} AND s.asleep)
    THEN
        PERFORM pg_catalog.pg_notify({channel}, '');
    END IF;
    RETURN NULL;
EXCEPTION WHEN undefined_table OR undefined_column OR insufficient_privilege OR invalid_schema_name THEN
    -- errand_sleeping is gone or not for this role: an insert must not fail for that.
    PERFORM pg_catalog.pg_notify({channel}, '');
    RETURN NULL;
END
