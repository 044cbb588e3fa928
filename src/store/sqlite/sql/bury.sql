-- Workers that were last seen so long ago that no running job can be theirs.
DELETE FROM errand_workers WHERE seen_at < ?1 AND id <> ?2
RETURNING id
