/* The table of pages. */
#ifndef DASHBOARD_ROUTE_H
#define DASHBOARD_ROUTE_H

#include "dashboard/dashboard.h"

/* The route of a path behind the mount and a method; NULL, and in *allowed the methods that the path has ("GET, HEAD"),
   or NULL where it has none. */
const struct route *route_find(const char *path, const char *method, const char **allowed);

#endif
