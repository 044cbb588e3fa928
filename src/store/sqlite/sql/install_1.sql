CREATE TABLE errand_version (version INTEGER NOT NULL) STRICT;
INSERT INTO errand_version VALUES (0);

CREATE TABLE errand_workers (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    pid_namespace INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    start_ticks INTEGER NOT NULL,
    tables TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    version TEXT NOT NULL
) STRICT;

CREATE TABLE errand_attempts (
    id INTEGER PRIMARY KEY,
    table_name TEXT NOT NULL,
    job_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    error TEXT,
    backtrace TEXT,
    output TEXT
) STRICT;
CREATE INDEX errand_attempts_job ON errand_attempts (table_name, job_id, started_at);

CREATE TABLE errand_stats (
    table_name TEXT NOT NULL,
    minute TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL,
    total_us INTEGER NOT NULL,
    max_us INTEGER NOT NULL,
    PRIMARY KEY (table_name, minute, outcome)
) STRICT;
