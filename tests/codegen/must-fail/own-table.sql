CREATE TABLE errand_things (x int);
CREATE TABLE errand_workers (x int);
CREATE TABLE errand_version (x int);
CREATE TABLE errand_secrets (x int);
