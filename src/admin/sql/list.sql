SELECT {columns}{keys} FROM {table} WHERE {filter}{bound}{until} ORDER BY {order} LIMIT {limit} OFFSET {offset}
