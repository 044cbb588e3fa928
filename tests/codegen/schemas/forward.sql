-- References to tables that are declared further down.
CREATE TABLE employees (id int PRIMARY KEY, team_id int REFERENCES teams, boss_id int REFERENCES employees);
CREATE TABLE teams (id int PRIMARY KEY, "officeId" int REFERENCES offices (id));
CREATE TABLE offices (id int PRIMARY KEY);
