/* The table of pages. */
#ifndef DASHBOARD_ROUTE_H
#define DASHBOARD_ROUTE_H

#include "dashboard/dashboard.h"

/* The dashboard's own; ended by one without a page. */
extern const struct route route_dashboard[];

/* The route of a path behind the mount and a method; NULL, and in *allowed the methods that the path has ("GET, HEAD"),
   or NULL where it has none. */
const struct route *route_find(const struct route *routes, const char *path, const char *method, const char **allowed);

#endif
