/* The stream of events that keeps open pages up to date: one for each change of the jobs, whatever it was; the page
   then asks for itself anew. */
#include "dashboard/dashboard.h"

#include <inttypes.h>
#include <stdio.h>

/* How long a browser waits before it asks for a stream anew, in milliseconds. */
#define RETRY_MS "3000"

void page_events(struct page *page)
{
    page->content_type = "text/event-stream";
    html_raw(page->out, "retry: " RETRY_MS "\n\n");
}

size_t errand_dashboard_next_event(struct errand_dashboard_service *service, uint64_t *seen, int timeout_ms, char *text,
                                   size_t size)
{
    bool changed = changes_wait(service->changes, seen, timeout_ms);
    if (atomic_load(&service->stops))
        return 0;
    int length = changed ? snprintf(text, size, "event: change\ndata: %" PRIu64 "\n\n", *seen)
                         : snprintf(text, size, ": nothing new\n\n");
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}

void errand_dashboard_stop(struct errand_dashboard_service *service)
{
    atomic_store(&service->stops, true);
    changes_stop(service->changes);
}
