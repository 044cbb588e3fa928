BEGIN
    /* errand 2 plain */
    -- That mark says whose and which version this is; there is no errand_sleeping.
    PERFORM pg_catalog.pg_notify({channel}, '');
    RETURN NULL;
END
