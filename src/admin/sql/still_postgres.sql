-- Of the jobs that were not changed: those that are there, and so run, or are being claimed at this moment.
SELECT count(*) FROM {table} WHERE id = ANY ({ids}::{id_type}[])
