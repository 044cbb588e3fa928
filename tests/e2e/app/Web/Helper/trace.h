/* A line for each start and end of a job, in the file that E2E_TRACE names: what really ran, whatever became of the
   database. */
#ifndef WEB_HELPER_TRACE_H
#define WEB_HELPER_TRACE_H

#include <errand.h>

void trace(const char *event, const errand_uuid *job, int attempt, int number);
/* Waits until there is a file of that name in the folder of the test; NULL: not at all. */
void wait_at_gate(struct errand_context *ctx, const char *gate);

#endif
