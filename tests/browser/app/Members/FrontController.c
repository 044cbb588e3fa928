/* A dashboard for who is logged in to the application: by the cookie that its login page sets, and its table of
   sessions. The others are sent to that page. */
#include "Generated/types.h"

#include <stdlib.h>
#include <string.h>

/* The value of the cookie "session", or "". */
static const char *session_of(struct errand_context *ctx, const struct errand_request *request)
{
    const char *cookies = errand_request_header(request, "Cookie");
    const char *session = cookies ? strstr(cookies, "session=") : NULL;
    if (!session)
        return "";
    session += strlen("session=");
    return errand_printf(ctx, "%.*s", (int)strcspn(session, ";"), session);
}

static struct errand_identity authenticate(struct errand_context *ctx, const struct errand_request *request)
{
    const Session *session =
        Session_fetch_one(ctx, .where = "token = $1", .values = { errand_text(session_of(ctx, request)) });
    if (session)
        return (struct errand_identity){ .user = session->member };
    return (struct errand_identity){ .redirect = getenv("LOGIN_URL") };
}

DASHBOARD(.auth = { .authenticate = authenticate })
