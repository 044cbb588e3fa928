-- Whether one of our own tables is there and may be used so.
SELECT coalesce(has_table_privilege(to_regclass({name})::oid, {right}), false)
