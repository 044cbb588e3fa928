-- Had only while no transaction that has inserted is still open: so what was inserted before is committed, and will be
-- found by the claim that follows, and what is inserted later finds this session asleep. It is so until it says
-- otherwise, or ends.
SELECT CASE WHEN pg_catalog.pg_try_advisory_xact_lock({gate}) THEN pg_catalog.pg_try_advisory_lock_shared({asleep})
            ELSE false END
