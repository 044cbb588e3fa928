#include "Generated/types.h"

DASHBOARD(.auth = BASIC_AUTH("DASHBOARD_USER", "DASHBOARD_PASSWORD"))
