CREATE TABLE a (
  t text DEFAULT 'größe
);
