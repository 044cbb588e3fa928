SELECT count(*) FROM (SELECT 1 AS one FROM {table} WHERE {filter} LIMIT {most}) AS few
