-- Part of a statement that settles: rows that another transaction has locked are left out, and waited for by nobody.
AND job.id = ANY (ARRAY(
    SELECT free.id FROM {table} AS free, unnest($1::{id_type}[]) AS done (id)
    WHERE free.id = done.id{id_cast} FOR NO KEY UPDATE OF free SKIP LOCKED))
