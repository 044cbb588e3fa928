-- Keys of types that differ and compare, also by a cast of the file's own; names in checks that are no columns.
CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT;
CREATE DOMAIN number AS int;
CREATE TYPE mood AS ENUM ('calm');
CREATE TABLE targets (
    id TEXT PRIMARY KEY, token UUID UNIQUE, n NUMERIC UNIQUE, m mood UNIQUE, moment TIMESTAMPTZ UNIQUE, big BIGINT UNIQUE
);
CREATE TABLE comparers (
    id SERIAL PRIMARY KEY REFERENCES targets (n), short VARCHAR(10) REFERENCES targets, fixed CHAR(4) REFERENCES targets,
    day DATE REFERENCES targets (moment), m mood REFERENCES targets (m), number number REFERENCES targets (big),
    token TEXT REFERENCES targets (token), "user" text,
    CHECK (comparers.id > 0 AND "user" <> '' AND to_jsonb(comparers) IS NOT NULL AND tableoid > 0::oid),
    CHECK (extract(year FROM day) > 2000 OR "user" = current_user OR SHORT = ANY (ARRAY['a', fixed]))
);
