-- Of two dashboards that are started at once, the first one's counts.
INSERT INTO errand_secrets (name, value) VALUES ('dashboard', $1) ON CONFLICT (name) DO NOTHING
