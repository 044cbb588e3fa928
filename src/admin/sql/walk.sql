SELECT id{keys} FROM {table} WHERE {base}{newest}{behind}{until} AND {filter} ORDER BY {order} LIMIT {most}
