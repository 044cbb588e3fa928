-- What real schemas hold: größer als man denkt, 日本語, 😀.
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
SET client_min_messages = warning;
CREATE SCHEMA crm;
CREATE TYPE mood AS ENUM ('so-so', 'so_so', 'so so', '', 'class', 'GREAT', 'größte Freude', '1st', 'it''s "x"\?', 'NULL');
CREATE TYPE Status AS ENUM ('new', 'delete', 'status');
CREATE TYPE empty AS ENUM ();
CREATE TYPE "userRole" AS ENUM ('Admin', 'superUser');
CREATE TYPE int_kind AS ENUM ('max', 'min');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN email AS TEXT CHECK (VALUE LIKE '%@%') NOT NULL;
CREATE DOMAIN feeling AS mood;

/* A comment; with a semicolon /* nested; */ and more */
CREATE TABLE People (
    ID UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL,
    Name TEXT NOT NULL,
    person TEXT, people TEXT, "Person" TEXT,
    parent_id UUID REFERENCES people,
    "bestFriendId" UUID REFERENCES People (id) ON DELETE SET NULL ON UPDATE CASCADE,
    email email,
    mood feeling DEFAULT 'class'
);
CREATE TABLE statuses (id SERIAL PRIMARY KEY, status Status DEFAULT 'new' NOT NULL, "Status" status, name varchar(20) UNIQUE);
CREATE TABLE analyses (id BIGSERIAL PRIMARY KEY, analysis text, count int, list_id int REFERENCES statuses, fetch_id int REFERENCES statuses (id));
CREATE TABLE histories (history_id text PRIMARY KEY, at timestamp without time zone DEFAULT '2020-01-02 03:04:05' NOT NULL);
CREATE TABLE addresses (street text, no int, city text DEFAULT 'it''s
new', PRIMARY KEY (street, no), CONSTRAINT positive CHECK (no > 0));
CREATE TABLE news (headline text NOT NULL, body text);
CREATE TABLE data_freshness (source text PRIMARY KEY DEFAULT 'a?b??(c)');
CREATE TABLE staff ("Öl" int, "größe" numeric(10,2) DEFAULT 1.50, "日本" text, "2fa" boolean DEFAULT false NOT NULL, "with space" text, "a""b" text, "__x" int, "_Y" int, "semi;colon" int, "select" text, "end*/" text);
CREATE TABLE "userProfiles" ("userId" UUID PRIMARY KEY REFERENCES people ON DELETE CASCADE, "displayName" text, role "userRole" DEFAULT 'superUser' NOT NULL);
CREATE TABLE "order" ("table" int PRIMARY KEY, "group" int, "Group" int, "class" text, "new" text, "delete" text, "template" text, "int" int, "default" text, "this" text, "namespace" text, "operator" text, "errno" int, "stdin" int, "linux" int, "unix" int, "NULL" int, "true" bool, "register" int, "ctx" int, "record" int, "int32_t" int, "errand_uuid" int, "order" int, "char" "char", "Order" text, "mutable" int, "restrict" int, "I" int, "EOF" int, "std" int, "job" int);
CREATE TABLE keys (a int, b text, c uuid, d date, e boolean, f numeric, g mood, h bytea, i point, j double precision, k time, l timestamptz, ctx int, PRIMARY KEY (a, b, c, d, e, f, g, h, j, k, l, ctx));
CREATE TABLE ints (max int, min int, kind int_kind);
CREATE TABLE a_b (c int);
CREATE TABLE a (b_c int);
CREATE TABLE customer (id int PRIMARY KEY);
CREATE TABLE customers (id int PRIMARY KEY, customer int REFERENCES customer, customer_id int REFERENCES customers);
CREATE TABLE nothing ();
CREATE TABLE crm.leads (id uuid DEFAULT uuidv7() PRIMARY KEY, owner uuid NOT NULL REFERENCES public.people (id));
CREATE TABLE types (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    small smallint DEFAULT -3 NOT NULL, small_null smallint, big bigint DEFAULT 9223372036854775807, big_min bigint DEFAULT -9223372036854775808,
    serial_too serial, r real DEFAULT 0.1, d double precision DEFAULT 1e300 NOT NULL, nan double precision DEFAULT 'NaN', inf real DEFAULT 'Infinity',
    n numeric DEFAULT 0 NOT NULL, t text DEFAULT '' NOT NULL, v character varying(10) DEFAULT 'abc'::character varying, c char(3), c1 char,
    b boolean DEFAULT true NOT NULL, bn boolean, bd boolean DEFAULT 'yes', u uuid, u_const uuid DEFAULT '00000000-0000-0000-0000-000000000001',
    ts timestamp, tz timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL, tz_null timestamp with time zone DEFAULT now(), later timestamptz DEFAULT (now() + interval '1 day'),
    tz_inf timestamptz DEFAULT 'infinity', d_date date DEFAULT CURRENT_DATE, d_const date DEFAULT '2020-02-29' NOT NULL, ti time DEFAULT '09:30', ti_now time DEFAULT LOCALTIME, ttz time with time zone,
    iv interval DEFAULT '1 day', j json, jb jsonb DEFAULT '{"a": [1, "?"]}' NOT NULL, by bytea, by_const bytea DEFAULT '\xdeadBEEF' NOT NULL, by_empty bytea DEFAULT '', by_fn bytea DEFAULT sha256('x'),
    p point, p_const point DEFAULT '(1.5,-2)' NOT NULL, p_fn point DEFAULT point(1, 2), tags text[] DEFAULT '{}' NOT NULL, tags2 text[] DEFAULT ARRAY[]::text[], nums int[], moods mood[],
    m mood DEFAULT 'so-so'::mood NOT NULL, m_null mood, e empty, pr pair, ip inet, x xml, bits bit(3), tsv tsvector, mo money, role "userRole",
    total numeric GENERATED ALWAYS AS (n * 2) STORED, twice bigint GENERATED ALWAYS AS (small * 2) STORED,
    deflt text DEFAULT upper('abc') NOT NULL, flag boolean DEFAULT (1 = 1) NOT NULL, long text DEFAULT repeat('x', 10)
);
CREATE TABLE checks (
    a int CHECK (a IN (1, 2, 3)), b int, c text CHECK (length(c) < 10 AND c <> ''), d numeric CHECK (d >= 0), e text CHECK (e ~ '^[a-z]+$'),
    f timestamptz, g bool CHECK (g IS NOT FALSE), CONSTRAINT ab CHECK (a < b OR b IS NULL), UNIQUE (a, b),
    h text CHECK (h = ANY (ARRAY['x'::text, 'y'::text])), i int CHECK (i BETWEEN 1 AND 5), FOREIGN KEY (a, b) REFERENCES checks (a, b),
    EXCLUDE USING gist (int4range(a, b) WITH &&)
);
CREATE TABLE from_dump (id integer NOT NULL, name text);
CREATE SEQUENCE from_dump_id_seq AS integer START WITH 1;
ALTER SEQUENCE from_dump_id_seq OWNED BY from_dump.id;
ALTER TABLE ONLY from_dump ALTER COLUMN id SET DEFAULT nextval('from_dump_id_seq'::regclass);
ALTER TABLE ONLY from_dump ADD CONSTRAINT from_dump_pkey PRIMARY KEY (id);
ALTER TABLE from_dump ADD COLUMN extra text DEFAULT 'x' NOT NULL, ADD COLUMN person_id uuid;
ALTER TABLE from_dump ADD CONSTRAINT from_dump_person FOREIGN KEY (person_id) REFERENCES people (id) ON DELETE CASCADE;
ALTER TABLE from_dump ADD FOREIGN KEY (person_id) REFERENCES people;
ALTER TABLE types ADD FOREIGN KEY (u) REFERENCES people;
CREATE TABLE alike (LIKE histories INCLUDING ALL, more int);
CREATE TABLE scrape_band_jobs (
    band_note text DEFAULT 'first' NOT NULL,
    job_id uuid,
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
ALTER TABLE scrape_band_jobs ADD CONSTRAINT job FOREIGN KEY (job_id) REFERENCES scrape_band_jobs (id);
CREATE INDEX ON people (name);
CREATE INDEX people_lower ON people USING btree (lower(name) DESC NULLS LAST);
CREATE UNIQUE INDEX people_friend ON people ("bestFriendId") WHERE "bestFriendId" IS NOT NULL;
CREATE INDEX types_jb ON types USING gin (jb);
CREATE INDEX types_path ON types ((jb ->> 'a'));
CREATE INDEX people_ops ON people (name text_pattern_ops);
CREATE INDEX scrape_band_jobs_pending ON scrape_band_jobs (run_at, created_at, id) WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL;
CREATE OR REPLACE FUNCTION touch() RETURNS trigger AS $$
BEGIN
    NEW.updated_at = NOW(); -- a ; semicolon
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE FUNCTION plain(x int) RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT x';
CREATE FUNCTION plain(x text) RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE TRIGGER touch_scrape BEFORE UPDATE ON scrape_band_jobs FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON people USING (true) WITH CHECK (name <> '');
CREATE VIEW adults AS SELECT * FROM people;
CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS n FROM people;
CREATE UNIQUE INDEX counts_n ON counts (n);
COMMENT ON TABLE people IS 'all of them; really';
INSERT INTO statuses (status, name) VALUES ('new', 'x'), ('delete', 'y');
DO $$ BEGIN PERFORM 1; END $$;
GRANT SELECT ON people TO PUBLIC
