/* Who it is: the three ways that are built in, and the application's own. */
#include "dashboard/guard.h"

#include "base/clock.h"
#include "dashboard/request.h"
#include "dashboard/token.h"
#include "record/state.h"

#include <string.h>

static bool credentials_match(const struct errand_dashboard_service *service, const char *user, const char *password)
{
    /* Both are compared, whatever the first says. */
    bool same_user = token_same_text(user, service->login_user);
    return token_same_text(password, service->login_password) && same_user;
}

static void basic(struct page *page)
{
    const char *remote = page->request->remote ? page->request->remote : "";
    const char *authorization = errand_request_header(page->request, "Authorization"), *user, *password;
    if (!authorization)
        page_refuse(page, 401, "This dashboard asks for a user and a password.");
    struct login_failures *failures = page->service->failures;
    int wait_s = login_failures_wait_s(failures, remote, clock_monotonic_us());
    if (wait_s > 0) {
        page->refusal.retry_after_s = wait_s;
        page_refuse(page, 429, "Logins from this address have failed. The next one is looked at in %d s.", wait_s);
    }
    if (!request_read_basic(context_arena(page->ctx), authorization, &user, &password) ||
        !credentials_match(page->service, user, password)) {
        login_failures_add(failures, remote, clock_monotonic_us());
        errand_log(page->ctx, ERRAND_LOG_WARNING, "a login failed, from %s", remote);
        page_refuse(page, 401, "This user and password are not known here.");
    }
    login_failures_forget(failures, remote);
    page->user = user;
}

/* A browser does not follow a form to another site, as a login may be (form-action, which our pages set): it would seem
   to do nothing. */
static void send_to_login(struct page *page, const char *login)
{
    if (!page_is_change(page))
        page_redirect(page, login);
    page->refusal.login = errand_strdup(page->ctx, login);
    page_refuse(page, 403, "You are not logged in any more. Log in, go back, and send the form again.");
}

static void application(struct page *page)
{
    struct errand_identity identity = page->service->config->auth.authenticate(page->ctx, page->request);
    if (identity.user) {
        page->user = errand_strdup(page->ctx, identity.user);
        return;
    }
    if (identity.redirect)
        send_to_login(page, identity.redirect);
    page_refuse(page, 403, "You are not let in here.");
}

void guard_user(struct page *page)
{
    switch ((int)page->service->config->auth.kind) {
    case ERRAND_AUTH_NONE:
        break;
    case ERRAND_AUTH_BASIC:
    case ERRAND_AUTH_BASIC_STATIC:
        basic(page);
        break;
    default:
        application(page);
    }
    page->shown.user = page->user;
}
