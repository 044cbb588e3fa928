/* A dashboard that is open, and one request to it on its way through the folder:

       request.c  what came in, parsed and bounded
       guard.c    Host, method, origin, token
       auth.c     who it is
       route.c    the table of pages
       one file a page, over html.c, form.c, layout.c
       respond.c  the response, the page of an error, the audit line

   Everything that a request needs lives in its context's arena. */
#ifndef DASHBOARD_DASHBOARD_H
#define DASHBOARD_DASHBOARD_H

#include "admin/admin.h"
#include "admin/changes.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "record/context.h"

#include <errand/dashboard.h>

#include <stdatomic.h>

enum {
    DASHBOARD_TARGET_MAX = 8 * 1024,       /* path and query */
    DASHBOARD_BODY_MAX = 1024 * 1024,      /* a form */
    DASHBOARD_FIELDS_MAX = 512,            /* parameters of a request */
    DASHBOARD_NAME_MAX = 200,              /* bytes of a name */
    DASHBOARD_FIELD_MAX = 256 * 1024,      /* one value */
    DASHBOARD_PAGE_MAX = 16 * 1024 * 1024, /* a page, before its layout */
    DASHBOARD_PAGE_SIZE = 25,              /* jobs on a list page */
    DASHBOARD_SECTION_SIZE = 10,           /* jobs of a type on the overview */
};

struct errand_dashboard_service {
    const struct errand_dashboard *config; /* borrowed, as the schema is */
    const struct errand_schema *schema;
    const struct route *routes; /* route.c's, ended by one without a page; others are the development server's */
    bool shows_all;             /* the rows of every table, and nothing is masked: the development server's too */
    const char *mount;          /* "/jobs"; owned, as all below */
    const char *const *hosts;   /* ended by NULL */
    bool read_only;
    struct errand *errand;
    struct changes *changes;
    atomic_bool stops;                  /* nobody waits for events any more */
    const struct errand_table **tables; /* the job tables, listed ones first, in the order they are shown */
    size_t table_count;
    const char *login_user, *login_password; /* of Basic authentication; borrowed */
    const char *secret;                      /* for tokens; NULL where nothing can be changed */
    struct login_failures *failures;
    struct arena memory; /* of what is owned above and has no function of its own to free it */
};

struct page;
struct figures;

/* A name and a value, decoded. */
struct param {
    const char *name;
    const char *value;
};

/* The answer that a raise asks for. */
struct refusal {
    int status;        /* 0: none */
    const char *field; /* errand_invalid's; NULL: the whole page */
    const char *sentence;
    const char *location; /* a redirect */
    const char *login;    /* where who is not let in can change that; NULL: nowhere */
    int retry_after_s;    /* 0: the client is not told when to come again */
};

/* A line of the table of pages, route.c. */
struct route {
    const char *path;   /* behind the mount */
    const char *method; /* "GET" (which answers HEAD too) or "POST" */
    void (*page)(struct page *page);
    /* Shows the form again, with page->again set, where errand_invalid refused what was entered; NULL: none. */
    void (*again)(struct page *page);
    bool is_public; /* nobody is asked who they are: a style sheet */
    bool is_stream; /* of events, behind what the page writes */
};

/* One request under way; errand_context's attachment while it is. */
struct page {
    struct errand_dashboard_service *service;
    struct errand_context *ctx;
    const struct errand_request *request;
    const char *path; /* behind the mount: "", "/ListJobs"; percent-decoded */
    const struct route *route;
    struct param *query; /* of the address, ended by a NULL name */
    struct param *form;  /* of the body, the same */
    const char *user;    /* who it is; NULL: nobody is asked */
    bool let_in;         /* whoever asks may see what the dashboard shows */
    bool wants_json;
    struct html *out;         /* what the page writes to */
    struct errand_page shown; /* for the layout: title, user */
    int status;               /* 200 unless the page says otherwise */
    const char *content_type; /* NULL: HTML that the layout wraps, or JSON where wants_json is set; otherwise the page
                                 wrote all there is, as this type */
    const char *cache;        /* Cache-Control; NULL: no-store */
    struct refusal refusal;
    bool again; /* a form is shown a second time: fields take their values from `form`, and refusal.sentence stands
                   beside the field refusal.field */
    const struct param *errors;    /* what else is wrong, by the names of fields; ended by a NULL name; NULL: nothing */
    const char *select;            /* the name of the select that is being written */
    bool in_form;                  /* one that html_form_begin began is being written */
    errand_time now;               /* the database's; 0: not asked yet */
    bool live;                     /* the script keeps the page up to date */
    const struct figures *figures; /* of the job type whose section is being written; NULL: none were read */
};

/* Whether it is to change something: a POST. */
bool page_is_change(const struct page *page);

/* A parameter, of the form or, where that has none of the name, of the address; NULL where it is missing. */
const char *page_param(const struct page *page, const char *name);
/* The same of a column's field, which is called "band_id" or "bandId". */
const char *page_field(const struct page *page, const char *name);
/* Every value of a name that occurs several times (selected jobs), in order; ended by NULL. */
const char **page_params(const struct page *page, const char *name);
/* Ends the request with a status and a sentence. Raises. */
ERRAND_NORETURN void page_refuse(struct page *page, int status, const char *format, ...) ERRAND_PRINTF(3, 4);
/* Ends it with a redirect (303). Raises. */
ERRAND_NORETURN void page_redirect(struct page *page, const char *location);
/* The job table that the parameter tableName names; 400 where it is missing, 404 where it is none. */
const struct errand_table *page_job_table(struct page *page);
/* The parameter id as a uuid: 400 where it is missing or none. */
errand_uuid page_job_id(struct page *page);
/* The views that .jobs has for a table, or NULL. */
const struct errand_displayable *dashboard_displayable(const struct errand_dashboard_service *service,
                                                       const struct errand_table *table);
/* Calls a view of a job table; where it raises, shows what it raised in its place and returns false: the default then
   follows, and the rest of the page stands. A refusal (errand_param, errand_invalid, a redirect) goes on to the
   request. */
bool page_view_safely(struct page *page, const struct errand_table *table, const char *what,
                      void (*view)(struct page *page, void *arg), void *arg);
/* A line of the log for each change: who, what, which job, from where. */
void page_audit(struct page *page, const char *what, const char *table, const char *id);
/* The same of so many jobs: those among which they were, by id or as a filter. */
void page_audit_bulk(struct page *page, const char *what, const char *table, int64_t count, const char *which);
/* The token of this user, for forms; NULL where nothing can be changed. */
const char *page_token(struct page *page);

/* The name of the field that carries it. */
#define DASHBOARD_TOKEN_FIELD "errand_token"

/* ---- html.c ---- */
struct html {
    struct page *page;
    struct buffer text; /* at most DASHBOARD_PAGE_MAX, and a layout */
};
void html_init(struct html *out, struct page *page);
void html_release(struct html *out);
/* Markup of a known size; text that is escaped. Raise when the page is too large. */
void html_add(struct html *out, const char *markup, size_t size);
void html_escape(struct html *out, const char *text, size_t size);
/* Raises where something did not fit; for who writes to its text. */
void html_check(struct html *out);

/* ---- format.c: without markup, in the memory of the request ---- */

/* The clock of the database, asked once a request. */
errand_time page_now(struct page *page);
const char *format_ago(struct page *page, errand_time time); /* "5 minutes ago" */
const char *format_duration(struct page *page, int64_t us);  /* "1.2 s" */
const char *format_count(struct page *page, int64_t count);  /* "12,345" */
const char *format_iso(struct page *page, errand_time time); /* "2026-11-24T09:30:00.123456Z" */

/* ---- form.c ---- */

/* "bandId" and "band_id" are one field. */
bool form_same_name(const char *a, const char *b);
/* The value of the field of that name, exactly where there is one: two columns may differ by an underscore alone. */
const char *form_find(const struct param *params, const char *name);
/* A field that is never filled in: neither with a value of its own nor with what was entered before. */
void form_secret(struct html *out, struct html_field field);
/* html_select_begin, of one that may also be left as it is: its label says so. */
void form_select_begin(struct html *out, const char *name, const char *label, bool optional);

/* ---- layout.c ---- */

/* Writes the whole document to `whole`: what the page wrote (page->out) inside the application's layout, or the
   dashboard's. */
void page_layout(struct page *page, struct html *whole);
/* Always inside the dashboard's own, and for who is not let in without the navigation. */
void page_plain_layout(struct page *page, struct html *whole);
/* Writes the page of page->refusal (status, sentence, a way on) to page->out, as HTML or as JSON {"error": ...}. Asks
   the database for nothing: it may be away, and nobody may be logged in (page->user). */
void page_refusal(struct page *page);

/* ---- Pages: each writes to page->out, or refuses. JSON is written by the same function where wants_json is set. ----
 */
void page_overview(struct page *page);    /* GET  "", /ListJobs */
void page_list(struct page *page);        /* GET  /ListJob?tableName=&page=&after=&... */
void page_view_job(struct page *page);    /* GET  /ViewJob?tableName=&id= */
void page_new_job(struct page *page);     /* GET  /CreateJob?tableName= */
void page_create_job(struct page *page);  /* POST /CreateJob */
void page_delete_job(struct page *page);  /* POST /DeleteJob: one, selected, or all that match */
void page_retry_job(struct page *page);   /* POST /RetryJob: the same */
void page_view_record(struct page *page); /* GET  /ViewRecord?tableName=&id= */
void page_events(struct page *page);      /* GET  /Events: a stream; events.c */
void page_asset(struct page *page);       /* GET  /assets/NAME: style, script, icon; cached by their hash */
#endif
