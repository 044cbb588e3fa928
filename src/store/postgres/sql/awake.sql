DELETE FROM errand_sleeping WHERE worker = $1
