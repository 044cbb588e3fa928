CREATE TABLE errand_things (x int);
CREATE TABLE errand_workers (x int);
