SELECT {id}, {name} FROM {table} ORDER BY {id} LIMIT {most}
