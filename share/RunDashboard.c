/* RunDashboard: the dashboard of an application. Compiled into each by errand.mk; programs with a build of their own do
   the same in theirs. */
#include <errand/dashboard.h>

/* What DASHBOARD() declares in the application's FrontController.c; without one the default views are shown. */
#pragma weak errand_dashboard

extern const struct errand_schema errand_schema; /* in the generated types.c */

int main(int argc, char **argv)
{
    return errand_dashboard_main_with(&errand_dashboard, &errand_schema, argc, argv);
}
