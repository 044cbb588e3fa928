-- On both databases. Whoever may read the job tables by a role of its own may not read this one.
CREATE TABLE IF NOT EXISTS errand_secrets (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)
