CREATE TABLE a (x int, y int, PRIMARY KEY (x, y));
CREATE TABLE b (a int REFERENCES a);
