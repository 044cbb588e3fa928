-- Where a step ends that reads as many rows as it may: the order's columns of the last of them.
SELECT NULL{keys} FROM {table} WHERE {base}{newest}{behind} ORDER BY {order} LIMIT 1 OFFSET {window}
