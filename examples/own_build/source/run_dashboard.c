/* RunDashboard: the dashboard, with the default views, for this machine alone. One declared by DASHBOARD() goes in
   the place of NULL: &errand_dashboard. */
#include "types.h"

#include <errand/dashboard.h>

int main(int argc, char **argv)
{
    return errand_dashboard_main_with(NULL, &errand_schema, argc, argv);
}
