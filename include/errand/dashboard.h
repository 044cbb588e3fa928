/* The dashboard: DASHBOARD(), which declares one, the views that a job type may have of its own, and the function from
   a request to a response that lets it live in any server. */
#ifndef ERRAND_DASHBOARD_H
#define ERRAND_DASHBOARD_H

#include <errand/application.h>
#include <errand/html.h>
#include <errand/record.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Requests ---- */

struct errand_header {
    const char *name;
    const char *value;
};

/* A request as a server read it. All of it is borrowed until errand_dashboard_respond returns. */
struct errand_request {
    const char *method; /* "GET", "HEAD", "POST" */
    const char *target; /* path and query as they were sent: "/jobs/ListJob?tableName=email_jobs" */
    const struct errand_header *headers;
    size_t header_count;
    const char *body;
    size_t body_size;
    const char *remote; /* the client's address, for the log */
    bool encrypted;     /* it came over TLS, or a proxy that is trusted says so */
};

/* The value of a header (the name in any case), or NULL. */
const char *errand_request_header(const struct errand_request *request, const char *name);

/* The request that a view or an authentication function is called for; raises outside the dashboard. */
const struct errand_request *errand_current_request(struct errand_context *ctx);

/* A parameter of the address or the form, decoded, in the context's memory; "bandId" also finds "band_id", as a default
   form calls it. Raises where it is missing: the page says
   which one, with status 400. */
const char *errand_param(struct errand_context *ctx, const char *name);
/* The same, or the fallback (which may be NULL). */
const char *errand_param_or(struct errand_context *ctx, const char *name, const char *fallback);
/* The same, checked: raise with status 400, or beside their field in a form, where it is none. */
errand_uuid errand_param_uuid(struct errand_context *ctx, const char *name);
int64_t errand_param_int(struct errand_context *ctx, const char *name);
/* Refuses what was entered: the new-job form is shown again (status 422) with the sentence beside the field of that
   name, and nothing entered is lost. Raises. */
ERRAND_NORETURN void errand_invalid(struct errand_context *ctx, const char *name, const char *format, ...)
    ERRAND_PRINTF(3, 4);

/* ---- Authentication ---- */

/* Who it is. */
struct errand_identity {
    const char *user;     /* a name for the log; NULL: not let in */
    const char *redirect; /* where to send who is not let in, your own login page; NULL: a page with status 403. A form
                             that is sent is answered by such a page with a link to it: browsers follow none to
                             another site. */
};

enum errand_auth_kind { ERRAND_AUTH_NONE = 1, ERRAND_AUTH_BASIC, ERRAND_AUTH_BASIC_STATIC };

struct errand_auth {
    enum errand_auth_kind kind; /* 0: authenticate decides */
    const char *user;           /* BASIC: names of environment variables; BASIC_STATIC: the values */
    const char *password;
    struct errand_identity (*authenticate)(struct errand_context *ctx, const struct errand_request *request);
};
/* clang-format off */
#define NO_AUTH { .kind = ERRAND_AUTH_NONE }
/* HTTP Basic authentication, by the values of two environment variables. */
#define BASIC_AUTH(user_variable, password_variable) { .kind = ERRAND_AUTH_BASIC, .user = (user_variable), .password = (password_variable) }
#define BASIC_AUTH_STATIC(user_name, pass_word) { .kind = ERRAND_AUTH_BASIC_STATIC, .user = (user_name), .password = (pass_word) }
/* clang-format on */

/* ---- Views of a job type ---- */

enum {
    ERRAND_DASHBOARD_JOBS_MAX = 64,
    ERRAND_DASHBOARD_RECORDS_MAX = 64,
    ERRAND_TABLE_HEADERS_MAX = 32,
    ERRAND_TABLE_RELATED_MAX = 8
};

/* What the dashboard knows of a job type with views of its own; made by the generated code. A function returns false,
   having done nothing, where the views leave it to the default. views is a struct TYPE_views. */
struct errand_displayable_type {
    const struct errand_table *table;
    bool (*dashboard_section)(const void *views, struct errand_context *ctx, struct html *out);
    bool (*page_view)(const void *views, struct errand_context *ctx, struct html *out, int64_t page, int64_t page_size);
    bool (*detail_view)(const void *views, struct errand_context *ctx, struct html *out, const void *job);
    bool (*new_job_view)(const void *views, struct errand_context *ctx, struct html *out);
    bool (*create_new_job)(const void *views, struct errand_context *ctx);
};

/* One entry of DASHBOARD's .jobs: what DISPLAYABLE_JOB declares. */
struct errand_displayable {
    const struct errand_displayable_type *job_type;
    const void *views;
};

/* A TABLE_VIEWABLE without its type, as the generated code hands it to the helpers below. */
struct errand_table_view {
    const struct errand_table *table;
    const char *title;      /* NULL: made of the table's name */
    const char *table_name; /* what its links name; NULL: the table's own */
    /* ended by NULL, at most ERRAND_TABLE_HEADERS_MAX; none: the default columns and rows */
    const char *const *headers;
    const void *view; /* the struct TYPE_table */
    /* Each returns false where the view leaves it to the default. */
    bool (*row)(const void *view, struct errand_context *ctx, struct html *out, const void *job);
    bool (*new_job_link)(const void *view, struct errand_context *ctx, struct html *out);
    bool (*index)(const void *view, struct errand_context *ctx, struct errand_list *jobs);
    bool (*page)(const void *view, struct errand_context *ctx, int64_t page, int64_t page_size,
                 struct errand_list *jobs);
    void (*load)(const void *view, struct errand_context *ctx, const struct errand_list *jobs); /* .related */
};
/* The section of the overview, and the list page, that show a TABLE_VIEWABLE. Generated code calls them. */
void errand_table_section(struct errand_context *ctx, struct html *out, const struct errand_table_view *view);
void errand_table_page(struct errand_context *ctx, struct html *out, const struct errand_table_view *view, int64_t page,
                       int64_t page_size);

#ifndef __cplusplus
/* For types.h: the views of one job type. */
#define ERRAND_DASHBOARD_STRUCTS(type)                                                                                 \
    struct type##_table {                                                                                              \
        const char *title;      /* over the table; NULL: made of the table's name */                                   \
        const char *table_name; /* what its links name; NULL: the type's table */                                      \
        const char *headers[ERRAND_TABLE_HEADERS_MAX];                                                                 \
        /* One <tr>. */                                                                                                \
        void (*row)(struct errand_context *, struct html *, const type *);                                             \
        /* Sends the user to the new-job form. */                                                                      \
        void (*new_job_link)(struct errand_context *, struct html *);                                                  \
        /* The jobs of the overview (the newest 10), and those of a page, counted from 0. Without the latter the list  \
           is the default one with these rows: statuses, a filter, retry and delete of all that match. */              \
        type##_list (*index)(struct errand_context *);                                                                 \
        type##_list (*page)(struct errand_context *, int64_t page, int64_t page_size);                                 \
        /* TYPE_load_band and its kin: one query for all the jobs shown, instead of one a row. */                      \
        void (*related[ERRAND_TABLE_RELATED_MAX])(struct errand_context *, const type##_list *);                       \
    };                                                                                                                 \
    struct type##_views {                                                                                              \
        const struct type##_table *table;                                                                              \
        /* The job's part of the overview. */                                                                          \
        void (*dashboard_section)(struct errand_context *, struct html *);                                             \
        /* The list; page counts from 0. */                                                                            \
        void (*page_view)(struct errand_context *, struct html *, int64_t page, int64_t page_size);                    \
        void (*detail_view)(struct errand_context *, struct html *, const type *);                                     \
        void (*new_job_view)(struct errand_context *, struct html *);                                                  \
        /* Inserts the job that the form describes (errand_param). */                                                  \
        void (*create_new_job)(struct errand_context *);                                                               \
    };

/* TABLE_VIEWABLE(InitialScrapeJob, initial_scrape_job_table, .headers = { "Band", "Status" }, .row = row) at file
   level, with no semicolon after it. */
#define TABLE_VIEWABLE(type, name, ...) static const struct type##_table name = { __VA_ARGS__ };

/* DISPLAYABLE_JOB(InitialScrapeJob, .table = &initial_scrape_job_table, .detail_view = detail_view): declares
   InitialScrapeJob_dashboard, for .jobs of DASHBOARD. Everything not given has the default. Once in the program, at
   file level, with no semicolon after it. */
#define DISPLAYABLE_JOB(type, ...)                                                                                     \
    static const struct type##_views type##_views_ = { __VA_ARGS__ };                                                  \
    const struct errand_displayable type##_dashboard = { .job_type = &type##_displayable_type,                         \
                                                         .views = &type##_views_ };
#endif

/* ---- The dashboard ---- */

/* What a layout wraps: it writes <html> to </html>, with errand_page_head in its <head> and errand_page_content where
   the page is to stand. */
struct errand_page {
    const char *title;
    const char *user;
};
/* The style sheet, the script and the title. */
void errand_page_head(struct html *out, const struct errand_page *page);
/* The page itself, its own navigation included. */
void errand_page_content(struct html *out, const struct errand_page *page);

struct errand_dashboard {
    struct errand_auth auth;
    /* Shown first, in this order, with their own views; the other tables whose name ends in _jobs follow. */
    const struct errand_displayable *jobs[ERRAND_DASHBOARD_JOBS_MAX];
    /* The tables whose rows may be looked at, on pages that foreign keys link to: { "bands", "customers" }. */
    const char *records[ERRAND_DASHBOARD_RECORDS_MAX];
    /* Wraps every page in the application's own; NULL: the dashboard's. */
    void (*layout)(struct errand_context *ctx, struct html *out, const struct errand_page *page);
    const char *title; /* NULL: "Jobs" */
    bool read_only;    /* nothing can be changed through it */
};

#ifndef __cplusplus
/* Declares the dashboard of the program, at file level, with no semicolon after it:

       DASHBOARD(
           .auth = BASIC_AUTH("DASHBOARD_USER", "DASHBOARD_PASSWORD"),
           .jobs = { &InitialScrapeJob_dashboard })

   With no .jobs every table whose name ends in _jobs is shown with the default views. .auth must be given. */
#define DASHBOARD(...) const struct errand_dashboard errand_dashboard = { __VA_ARGS__ };
#endif
extern const struct errand_dashboard errand_dashboard;

/* ---- In a server of one's own ---- */

struct errand_dashboard_options {
    const char *database;     /* as errand_open has it; NULL: DATABASE_URL */
    const char *mount;        /* NULL: "/jobs" */
    const char *const *hosts; /* accepted in Host beside loopback names, ended by NULL; NULL: none. "*": any, for a
                                 server that has checked it */
    bool read_only;
    /* For the tokens of forms, at least 32 characters; NULL: ERRAND_DASHBOARD_SECRET from the environment, else one
       that is made once and kept in the database. */
    const char *secret;
    int statement_timeout_ms; /* 0: 2000 */
    /* Takes each line of the log (a change that somebody made, a fault); NULL: standard error. From any thread. */
    void (*log)(void *arg, enum errand_log_level level, const char *text);
    void *log_arg;
};

struct errand_dashboard_service;

/* Checks the declaration and opens the database. NULL and the sentence. Borrows dashboard and schema; options may be
   NULL. May be used by several threads at once. */
struct errand_dashboard_service *errand_dashboard_open(const struct errand_dashboard *dashboard,
                                                       const struct errand_schema *schema,
                                                       const struct errand_dashboard_options *options,
                                                       struct errand_error *err);
/* No response may be under way. NULL is allowed. */
void errand_dashboard_close(struct errand_dashboard_service *service);

enum { ERRAND_RESPONSE_HEADERS_MAX = 24 };

struct errand_response {
    int status;
    struct errand_header headers[ERRAND_RESPONSE_HEADERS_MAX];
    size_t header_count;
    /* To HEAD the same as to GET, so that a server can say its length; it is not sent. */
    const char *body;
    size_t body_size;
    /* The response is a stream of events (text/event-stream): after body, what errand_dashboard_next_event gives, for
       as long as the client stays. A server that cannot stream closes the connection: pages then ask again by
       themselves. */
    bool is_stream;
    void *memory; /* what it all lives in */
};

/* Answers a request. Never fails: what goes wrong is a page that says so. Blocks for as long as its statements take. */
void errand_dashboard_respond(struct errand_dashboard_service *service, const struct errand_request *request,
                              struct errand_response *response);
/* Frees what the response holds, once it has been sent; harmless a second time. */
void errand_response_release(struct errand_response *response);

/* For streams: waits at most timeout_ms until something has changed since *seen (0 at first), and writes the event (or
   a comment that keeps the connection alive) to text. Returns its length, at most size - 1; 0: the service closes. */
size_t errand_dashboard_next_event(struct errand_dashboard_service *service, uint64_t *seen, int timeout_ms, char *text,
                                   size_t size);
enum { ERRAND_EVENT_MAX = 4096 };
/* Lets all who wait for events return 0, now and from now on; before errand_dashboard_close. */
void errand_dashboard_stop(struct errand_dashboard_service *service);

/* The whole of RunDashboard, for programs with a build of their own; in the library liberrand-dashboard. Returns the
   exit code. dashboard may be NULL: every job table with the default views and no authentication, on loopback only. */
int errand_dashboard_main_with(const struct errand_dashboard *dashboard, const struct errand_schema *schema, int argc,
                               char **argv);

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
