-- Which jobs a claim holds in these rows.
SELECT id FROM {table}
WHERE _rowid_ BETWEEN ?8 AND ?9 AND locked_by = ?3 AND status = 'job_status_running'
ORDER BY _rowid_
