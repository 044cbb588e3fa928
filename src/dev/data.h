/* The page Data: rows of any table of the application. It is a dashboard (dashboard/dashboard.h) with pages of its own
   and the tables of Application/Schema.sql as it is at that moment. Since the database is waited for, it answers in a
   thread of the pool. */
#ifndef DEV_DATA_H
#define DEV_DATA_H

#include "dashboard/dashboard.h"
#include "dev/serve.h"

#define DATA_MOUNT "/Data"

bool data_is_path(const char *path);
/* Answers a request that was checked, in its time. */
void data_answer(struct client *client, const char *body);

/* page_data.c: its pages, ended by one without. */
extern const struct route data_routes[];

#endif
