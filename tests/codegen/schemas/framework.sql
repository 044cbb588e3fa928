-- A schema as the framework's own editor writes it, its job table with triggers per row and no index of ours.
CREATE FUNCTION set_updated_at_to_now() RETURNS TRIGGER AS $$
BEGIN
    NEW.updated_at = NOW();
    RETURN NEW;
END;
$$ language plpgsql;
-- Your database schema. Use the Schema Designer at http://localhost:8001/ to add some tables.
CREATE TABLE bands (
    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE initial_scrape_jobs (
    id UUID DEFAULT uuid_generate_v4() PRIMARY KEY NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    status JOB_STATUS DEFAULT 'job_status_not_started' NOT NULL,
    last_error TEXT DEFAULT NULL,
    attempts_count INT DEFAULT 0 NOT NULL,
    locked_at TIMESTAMP WITH TIME ZONE DEFAULT NULL,
    locked_by UUID DEFAULT NULL,
    run_at TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL,
    band_id UUID NOT NULL
);
CREATE INDEX initial_scrape_jobs_band_id_index ON initial_scrape_jobs (band_id);
CREATE TRIGGER update_initial_scrape_jobs_updated_at BEFORE UPDATE ON initial_scrape_jobs FOR EACH ROW EXECUTE FUNCTION set_updated_at_to_now();
ALTER TABLE initial_scrape_jobs ADD CONSTRAINT initial_scrape_jobs_ref_band_id FOREIGN KEY (band_id) REFERENCES bands (id) ON DELETE NO ACTION;
