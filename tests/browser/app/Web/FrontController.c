#include "Generated/types.h"

DASHBOARD(.auth = NO_AUTH, .jobs = { &BrokenJob_dashboard, &CrashingJob_dashboard })
