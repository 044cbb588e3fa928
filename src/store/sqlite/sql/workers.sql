SELECT id, boot_id, pid_namespace, pid, start_ticks, seen_at FROM errand_workers
