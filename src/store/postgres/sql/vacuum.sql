DO $errand$
BEGIN
    LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;
    ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.01);
END $errand$
