/* What a request must be before a page sees it: sent to this server by its name, and, where it changes something, from
   one of its own pages. And who sent it. Each raises (page_refuse) where it is not so. */
#ifndef DASHBOARD_GUARD_H
#define DASHBOARD_GUARD_H

#include "dashboard/dashboard.h"

/* Host is a loopback name, or one that the dashboard was told. */
void guard_host(struct page *page);
/* Sent by a page of this server, with a token that it made for this user; and changes are allowed at all. */
void guard_change(struct page *page);

/* auth.c: sets page->user, or answers 401, 403 or a redirect. */
void guard_user(struct page *page);

/* Logins that failed, by address, for a while: after each the next one from there is not looked at for some time. */
struct login_failures *login_failures_new(void);
void login_failures_free(struct login_failures *failures);
/* Seconds until a login from this address is looked at; 0: now. */
int login_failures_wait_s(struct login_failures *failures, const char *remote, int64_t now_us);
void login_failures_add(struct login_failures *failures, const char *remote, int64_t now_us);
void login_failures_forget(struct login_failures *failures, const char *remote);

#endif
