/* The dashboard, for those who know the user and the password that two variables of its environment hold. */
#include "Generated/types.h"

DASHBOARD(.auth = BASIC_AUTH("DASHBOARD_USER", "DASHBOARD_PASSWORD"))
