SELECT count(*) FROM (SELECT 1 AS one FROM {table} WHERE {base} AND {filter}{until} LIMIT {most}) AS few
