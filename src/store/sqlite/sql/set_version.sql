UPDATE errand_version SET version = ?1
