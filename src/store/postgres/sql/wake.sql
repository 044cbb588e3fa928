UPDATE errand_sleeping SET asleep = false WHERE table_name = {name} AND worker = $1
