CREATE TABLE empty_jobs (
    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL
);
CREATE TABLE crm."Odd_jobs" (id int);
