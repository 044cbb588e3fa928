-- A job table with a foreign key for each name that its views have.
CREATE TABLE shows (id int PRIMARY KEY);
CREATE TABLE show_jobs (
    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    status JOB_STATUS DEFAULT 'job_status_not_started' NOT NULL,
    last_error TEXT DEFAULT NULL,
    attempts_count INT DEFAULT 0 NOT NULL,
    locked_at TIMESTAMP WITH TIME ZONE DEFAULT NULL,
    locked_by UUID DEFAULT NULL,
    run_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    "table" int REFERENCES shows, table_id int REFERENCES shows, views_id int REFERENCES shows, views_ int REFERENCES shows,
    dashboard_id int REFERENCES shows, displayable_type_id int REFERENCES shows, table_row_id int REFERENCES shows,
    table_link_id int REFERENCES shows, table_index_id int REFERENCES shows, table_jobs_id int REFERENCES shows,
    table_load_id int REFERENCES shows, table_view_id int REFERENCES shows, table_section_id int REFERENCES shows,
    table_page_id int REFERENCES shows, show_section_id int REFERENCES shows, show_page_id int REFERENCES shows,
    show_detail_id int REFERENCES shows, show_new_job_id int REFERENCES shows, create_new_job_id int REFERENCES shows
);
