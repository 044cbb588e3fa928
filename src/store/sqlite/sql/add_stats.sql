INSERT INTO errand_stats (table_name, minute, outcome, count, total_us, max_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (table_name, minute, outcome) DO UPDATE
SET count = count + excluded.count,
    total_us = total_us + excluded.total_us,
    max_us = max(max_us, excluded.max_us)
