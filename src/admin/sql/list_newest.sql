-- The index on the age of rows leaves out the running, which are few and have another.
(SELECT {columns}{keys} FROM {table}
 WHERE status <> 'job_status_running' AND {filter}{bound}{until} ORDER BY {order} LIMIT {most})
UNION ALL
(SELECT {columns}{keys} FROM {table}
 WHERE status = 'job_status_running' AND status <> 'job_status_succeeded' AND {filter}{bound}{until}
 ORDER BY {order} LIMIT {most})
ORDER BY {places} LIMIT {limit} OFFSET {offset}
