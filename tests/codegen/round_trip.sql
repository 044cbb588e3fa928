CREATE TYPE mood AS ENUM ('so-so', 'größte Freude', 'it''s');
CREATE TABLE owners (
    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE
);
-- Every type, as it must be and as it may be NULL.
CREATE TABLE samples (
    id SERIAL PRIMARY KEY,
    flag BOOLEAN NOT NULL, flag_null BOOLEAN,
    small SMALLINT NOT NULL, small_null SMALLINT,
    whole INT NOT NULL, whole_null INT,
    big BIGINT NOT NULL, big_null BIGINT,
    single REAL NOT NULL, single_null REAL,
    double DOUBLE PRECISION NOT NULL, double_null DOUBLE PRECISION,
    words TEXT NOT NULL, words_null TEXT,
    amount NUMERIC NOT NULL, amount_null NUMERIC,
    json JSONB NOT NULL, json_null JSON,
    tags TEXT[] NOT NULL, tags_null INT[],
    uuid UUID NOT NULL, uuid_null UUID,
    moment TIMESTAMP WITH TIME ZONE NOT NULL, moment_null TIMESTAMP WITHOUT TIME ZONE,
    day DATE NOT NULL, day_null DATE,
    clock TIME NOT NULL, clock_null TIME,
    bytes BYTEA NOT NULL, bytes_null BYTEA,
    place POINT NOT NULL, place_null POINT,
    mood MOOD NOT NULL, mood_null MOOD,
    owner_id UUID REFERENCES owners
);
-- Every kind of default.
CREATE TABLE defaults (
    id UUID DEFAULT uuidv7() PRIMARY KEY NOT NULL,
    number BIGSERIAL,
    flag BOOLEAN DEFAULT true NOT NULL, flag_null BOOLEAN DEFAULT true,
    small SMALLINT DEFAULT -7 NOT NULL, whole INT DEFAULT 42, big BIGINT DEFAULT 9223372036854775807 NOT NULL,
    computed INT DEFAULT (6 * 7) NOT NULL,
    single REAL DEFAULT 0.5 NOT NULL, double DOUBLE PRECISION DEFAULT -1e300,
    words TEXT DEFAULT 'it''s ''?''' NOT NULL, made TEXT DEFAULT upper('abc') NOT NULL, amount NUMERIC DEFAULT 1.50 NOT NULL,
    json JSONB DEFAULT '{"a": 1}' NOT NULL, tags TEXT[] DEFAULT '{}' NOT NULL,
    fixed UUID DEFAULT '00000000-0000-4000-8000-000000000001' NOT NULL,
    moment TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL, moment_null TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    later TIMESTAMP WITH TIME ZONE DEFAULT (NOW() + INTERVAL '1 day') NOT NULL,
    leap_day DATE DEFAULT '2024-02-29' NOT NULL, today DATE DEFAULT CURRENT_DATE,
    clock TIME DEFAULT '09:30' NOT NULL,
    bytes BYTEA DEFAULT '\xdeadbeef' NOT NULL,
    place POINT DEFAULT '(1.5,-2)' NOT NULL,
    mood MOOD DEFAULT 'größte Freude' NOT NULL, mood_null MOOD,
    day_of_now DATE DEFAULT NOW() NOT NULL, in_a_week DATE DEFAULT (CURRENT_DATE + 7) NOT NULL,
    day_cast DATE DEFAULT (NOW() - INTERVAL '1 day')::date NOT NULL, next_month DATE DEFAULT (NOW() + INTERVAL '1 month') NOT NULL,
    midnight TIMESTAMP DEFAULT CURRENT_DATE NOT NULL, small_hours TIMESTAMP DEFAULT (CURRENT_DATE + INTERVAL '2 hours') NOT NULL,
    clock_of_now TIME DEFAULT NOW() NOT NULL,
    CHECK (moment < NOW() + INTERVAL '1 day'), CHECK (today <= CURRENT_DATE), CHECK (in_a_week - today = 7),
    CHECK (in_a_week + 7 > today), CHECK (midnight <= moment), CHECK (leap_day BETWEEN '2024-01-01' AND '2024-12-31')
);
CREATE TABLE "Keyed" (a INT, b TEXT, "camelCase" TEXT, PRIMARY KEY (b, a));
CREATE TABLE sample_jobs (
    note TEXT DEFAULT 'first' NOT NULL,
    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    status JOB_STATUS DEFAULT 'job_status_not_started' NOT NULL,
    last_error TEXT DEFAULT NULL,
    attempts_count INT DEFAULT 0 NOT NULL,
    locked_at TIMESTAMP WITH TIME ZONE DEFAULT NULL,
    locked_by UUID DEFAULT NULL,
    run_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL
);
