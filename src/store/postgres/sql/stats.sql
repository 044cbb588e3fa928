INSERT INTO errand_stats (table_name, minute, outcome, count, total_us, max_us)
SELECT table_name, date_trunc('minute', now()), outcome, count, total_us, max_us
FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[])
    AS new (table_name, outcome, count, total_us, max_us)
ORDER BY table_name, outcome
ON CONFLICT (table_name, minute, outcome) DO UPDATE
SET count = errand_stats.count + excluded.count,
    total_us = errand_stats.total_us + excluded.total_us,
    max_us = greatest(errand_stats.max_us, excluded.max_us)
