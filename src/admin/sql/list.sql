SELECT {columns}{keys} FROM {table} WHERE {filter}{bound} ORDER BY {order} LIMIT {limit} OFFSET {offset}
