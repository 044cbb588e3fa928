CREATE TABLE odd_jobs (
    id int PRIMARY KEY,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    updated_at date,
    status TEXT,
    last_error TEXT,
    attempts_count text,
    locked_at TIMESTAMP WITH TIME ZONE,
    locked_by text,
    run_at text
);
