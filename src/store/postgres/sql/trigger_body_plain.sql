BEGIN
    PERFORM 'errand 1 plain'; -- whose and which version this is; there is no errand_sleeping
    PERFORM pg_catalog.pg_notify({channel}, '');
    RETURN NULL;
END
