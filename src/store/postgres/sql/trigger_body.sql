BEGIN
    /* errand 3 */
    -- That mark says whose and which version this is.
    -- The first lock is held until this transaction ends. A worker falls asleep only while nobody holds it, so either
    -- this finds it asleep, or it finds, awake, what is inserted here. (It answers nothing, which is not NULL.)
    -- The second is shared by those that sleep: who gets it, and gives it back at once, has found nobody asleep. Two
    -- inserts may meet in that moment; so what seems to be a sleeper is asked twice, lest one notifies for nothing.
    -- One expression without a statement, because this runs at each insert.
    IF (CASE WHEN pg_catalog.pg_advisory_xact_lock_shared({gate}) IS NULL THEN true
             WHEN pg_catalog.pg_try_advisory_lock({asleep}) THEN NOT pg_catalog.pg_advisory_unlock({asleep})
             WHEN pg_catalog.pg_try_advisory_lock({asleep}) THEN NOT pg_catalog.pg_advisory_unlock({asleep})
             ELSE true
        END)
    THEN
        PERFORM pg_catalog.pg_notify({channel}, '');
    END IF;
    RETURN NULL;
END
