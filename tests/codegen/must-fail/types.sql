CREATE TABLE people (
    id uuidd PRIMARY KEY,
    nmae txt,
    tags "Txt"[],
    later later_type,
    note public.txt,
    elsewhere other.txt,
    mail citext,
    size box,
    row addresses
);
CREATE TYPE later_type AS ENUM ('a');
CREATE TABLE addresses (id int PRIMARY KEY);
ALTER TABLE addresses ADD COLUMN zip strng;
