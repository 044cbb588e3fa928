/* The table of pages. */
#include "dashboard/route.h"

#include <string.h>

const struct route route_dashboard[] = {
    { .path = "", .method = "GET", .page = page_overview },
    { .path = "/ListJobs", .method = "GET", .page = page_overview },
    { .path = "/ListJob", .method = "GET", .page = page_list },
    { .path = "/ViewJob", .method = "GET", .page = page_view_job },
    { .path = "/CreateJob", .method = "GET", .page = page_new_job },
    { .path = "/CreateJob", .method = "POST", .page = page_create_job, .again = page_new_job },
    { .path = "/DeleteJob", .method = "POST", .page = page_delete_job },
    { .path = "/RetryJob", .method = "POST", .page = page_retry_job },
    { .path = "/ViewRecord", .method = "GET", .page = page_view_record },
    { .path = "/Events", .method = "GET", .page = page_events, .is_stream = true },
    { .path = "/assets/", .method = "GET", .page = page_asset, .is_public = true }, /* and all below */
    { 0 },
};

static bool is_path(const struct route *route, const char *path)
{
    size_t size = strlen(route->path);
    if (size > 0 && route->path[size - 1] == '/')
        return strncmp(path, route->path, size) == 0;
    return strcmp(path, route->path) == 0;
}

static bool is_method(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0 || (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

const struct route *route_find(const struct route *routes, const char *path, const char *method, const char **allowed)
{
    bool gets = false, posts = false;
    for (size_t i = 0; routes[i].page; i++) {
        if (!is_path(&routes[i], path))
            continue;
        if (is_method(&routes[i], method))
            return &routes[i];
        gets |= strcmp(routes[i].method, "GET") == 0;
        posts |= strcmp(routes[i].method, "POST") == 0;
    }
    *allowed = gets && posts ? "GET, HEAD, POST" : gets ? "GET, HEAD" : posts ? "POST" : NULL;
    return NULL;
}
