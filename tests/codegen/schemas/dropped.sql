-- Columns that go, with what names them.
CREATE TABLE parts (
    id int, number int, "Label" text, depth int, code int UNIQUE, twice int GENERATED ALWAYS AS (depth * 2) STORED,
    thrice text GENERATED ALWAYS AS ("Label" || 'twice') STORED,
    PRIMARY KEY (id, number), UNIQUE (id, depth), CHECK (number > 0 AND code > 1), CHECK ("Label" <> 'depth'), CHECK (depth <> 5)
);
CREATE TABLE uses (
    id int PRIMARY KEY, part_code int REFERENCES parts (code), part_id int, part_depth int,
    parent_id int REFERENCES uses, other_id int REFERENCES uses,
    FOREIGN KEY (part_id, part_depth) REFERENCES parts (id, depth)
);
CREATE INDEX parts_both ON parts (depth, code);
CREATE INDEX parts_sum ON parts ((depth + 1));
CREATE INDEX parts_some ON parts (code) WHERE depth > 1;
CREATE INDEX parts_hash ON parts USING gist (int4range(depth, code));
CREATE INDEX parts_code ON parts (code);
ALTER TABLE parts DROP COLUMN number;
ALTER TABLE parts DROP COLUMN IF EXISTS number;
ALTER TABLE parts DROP COLUMN depth CASCADE;
ALTER TABLE uses DROP COLUMN parent_id, DROP COLUMN part_id;
CREATE TABLE owners (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE things (id int PRIMARY KEY, owner_id int REFERENCES owners);
ALTER TABLE owners DROP COLUMN id CASCADE;
