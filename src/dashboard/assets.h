/* Style, script and icon, compiled in; their addresses change with their content, so browsers keep them for good. */
#ifndef DASHBOARD_ASSETS_H
#define DASHBOARD_ASSETS_H

#include <errand/html.h>

/* The element of <head> that loads it. */
void asset_link(struct html *out, const char *name);

#endif
