CREATE TABLE owners (id int PRIMARY KEY, code int UNIQUE, half int, whole int GENERATED ALWAYS AS (half * 2) STORED);
CREATE TABLE things (id int PRIMARY KEY, owner_id int REFERENCES owners, owner_code int REFERENCES owners (code));
ALTER TABLE owners DROP COLUMN id;
ALTER TABLE owners DROP COLUMN code;
ALTER TABLE owners DROP COLUMN half;
ALTER TABLE owners DROP COLUMN none;
