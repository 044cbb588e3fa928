-- Had only while no transaction that has inserted is still open: so what was inserted before is committed, and will be
-- found by the claim that follows, and what is inserted later finds this worker asleep.
WITH gate AS MATERIALIZED (SELECT pg_try_advisory_xact_lock({gate}) AS open)
INSERT INTO errand_sleeping (table_name, worker, asleep)
SELECT {name}, $1, true FROM gate WHERE gate.open
ON CONFLICT (table_name, worker) DO UPDATE SET asleep = true
