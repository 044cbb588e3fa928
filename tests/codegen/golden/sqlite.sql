CREATE TABLE customers (
    id TEXT /* uuid */ NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    name TEXT /* text */ NOT NULL,
    country TEXT /* text */ NOT NULL DEFAULT 'CH' CHECK (length(country) <= 2),
    vip INTEGER NOT NULL DEFAULT 0 CHECK (vip IN (0, 1)),
    credit TEXT /* text */ NOT NULL DEFAULT '0',
    favourite TEXT /* enum */ DEFAULT 'dark-green' CHECK (favourite = 'red' OR favourite = 'dark-green'),
    born TEXT /* date */,
    photo BLOB,
    created_at TEXT /* timestamp */ NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
) STRICT;

CREATE TABLE order_lines (
    order_number INTEGER NOT NULL CHECK (order_number BETWEEN -2147483648 AND 2147483647),
    line INTEGER NOT NULL CHECK (line BETWEEN -32768 AND 32767),
    customer_id TEXT /* uuid */ NOT NULL,
    price REAL,
    PRIMARY KEY (order_number, line),
    CHECK (("line" > 0)),
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE email_customers_jobs (
    id TEXT /* uuid */ NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))),
    created_at TEXT /* timestamp */ NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    updated_at TEXT /* timestamp */ NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    status TEXT /* enum */ NOT NULL DEFAULT 'job_status_not_started' CHECK (status = 'job_status_not_started' OR status = 'job_status_running' OR status = 'job_status_failed' OR status = 'job_status_timed_out' OR status = 'job_status_succeeded' OR status = 'job_status_retry'),
    last_error TEXT /* text */,
    attempts_count INTEGER NOT NULL DEFAULT 0 CHECK (attempts_count BETWEEN -2147483648 AND 2147483647),
    locked_at TEXT /* timestamp */,
    locked_by TEXT /* uuid */,
    run_at TEXT /* timestamp */ NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')) CHECK (run_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]'),
    customer_id TEXT /* uuid */,
    queue_position INTEGER PRIMARY KEY,
    FOREIGN KEY (customer_id) REFERENCES customers (id)
) STRICT;

CREATE INDEX email_customers_jobs_pending ON email_customers_jobs (run_at, queue_position) WHERE (("status" IN ('job_status_not_started', 'job_status_retry')) AND ("locked_by" IS NULL));
CREATE INDEX email_customers_jobs_unfinished ON email_customers_jobs (status, created_at) WHERE ("status" <> 'job_status_succeeded');

--     line 9, not in SQLite: the order of customers.credit: numeric is text, exact but compared by its digits

--     line 40, not in SQLite: function vips
--     CREATE FUNCTION vips() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM customers WHERE vip; $$

