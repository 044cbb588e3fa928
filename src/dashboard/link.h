/* Addresses of the dashboard's own pages, in the memory of the request; to be written with %s, as any text. */
#ifndef DASHBOARD_LINK_H
#define DASHBOARD_LINK_H

#include "dashboard/dashboard.h"

const char *link_overview(struct html *out);
const char *link_list(struct html *out, const char *table);
const char *link_job(struct html *out, const char *table, const char *id);
const char *link_new(struct html *out, const char *table);
const char *link_record(struct html *out, const char *table, const char *id);

#endif
