/* The secret that tokens are made with, where the environment names none: made once and kept in the database, so that
   it is the same for all dashboards of an application, and after a restart. */
#ifndef DASHBOARD_SECRET_H
#define DASHBOARD_SECRET_H

#include "base/arena.h"

struct errand;

/* In arena; NULL where memory ran out. Where the database keeps none (no right to make a table, or locked for half a
   minute), one that is good until the end of the process, and a warning in the log. */
const char *secret_of_database(struct errand *errand, struct arena *arena);

#endif
