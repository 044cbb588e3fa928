#include "Generated/types.h"

JOB(HollowJob, .max_attempts = 3)
