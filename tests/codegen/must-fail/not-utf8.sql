CREATE TABLE a (
  t text -- ÿ
);
