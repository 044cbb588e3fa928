-- The plans: always by the index, whatever the statistics of a table that was empty a second ago say, and made once.
-- The isolation: the gated notification and SKIP LOCKED are argued for READ COMMITTED.
-- The encoding: what a database in SQL_ASCII holds is bytes, of which one that is not UTF-8 would stop every claim.
SELECT pg_catalog.set_config(name, value, false)
FROM (VALUES
    ('DateStyle', 'ISO, MDY'), ('TimeZone', 'UTC'), ('bytea_output', 'hex'), ('extra_float_digits', '1'),
    ('IntervalStyle', 'postgres'), ('standard_conforming_strings', 'on'),
    ('default_transaction_isolation', 'read committed'), ('default_transaction_read_only', 'off'),
    ('default_transaction_deferrable', 'off'), ('statement_timeout', '0'), ('client_min_messages', 'warning'),
    ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'), ('transaction_timeout', '0'),
    ('tcp_keepalives_idle', '5'), ('tcp_keepalives_interval', '2'), ('tcp_keepalives_count', '3'),
    ('jit', 'off'), ('plan_cache_mode', 'force_generic_plan'),
    ('enable_seqscan', 'off'), ('enable_bitmapscan', 'off'), ('enable_sort', 'off'), ('enable_hashjoin', 'off'),
    ('enable_mergejoin', 'off'), ('lock_timeout', $1::text), ('synchronous_commit', $2::text),
    ('client_encoding', CASE WHEN current_setting('server_encoding') = 'SQL_ASCII' THEN 'SQL_ASCII' END)
) AS wanted (name, value)
WHERE EXISTS (SELECT FROM pg_catalog.pg_settings AS known WHERE lower(known.name) = lower(wanted.name))
    AND value IS NOT NULL
