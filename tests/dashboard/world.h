/* A dashboard over a database with the tables of schema.sql. Requests go straight to errand_dashboard_respond, without
   a server. */
#ifndef TESTS_DASHBOARD_WORLD_H
#define TESTS_DASHBOARD_WORLD_H

#include "support/database.h"

#include <errand/dashboard.h>

extern const struct errand_schema errand_schema; /* of the generated types.c */

struct world {
    struct errand_dashboard_service *service;
    struct errand_response response; /* the last one */
    char *body;                      /* of it, with a NUL behind; owned */
};

/* The tests' only one, since cmocka hands a test no more than one pointer. */
extern struct world world;

/* For cmocka_run_group_tests. The program's arguments are the errand command and schema.sql. */
int open_database(void **state);
int close_database(void **state);
/* For each test: no rows in the tables; no dashboard afterwards. */
int start_test(void **state);
int end_test(void **state);
int run_all(int argc, char **argv, const struct CMUnitTest *tests, size_t count, const char *group);
#define RUN(argc, argv, tests, group) run_all(argc, argv, tests, sizeof(tests) / sizeof((tests)[0]), group)
#define DASHBOARD_TEST(function) cmocka_unit_test_setup_teardown(function, start_test, end_test)

/* Opens the dashboard that is asked from here on; options may be NULL, and their database is set here. */
void serve(const struct errand_dashboard *dashboard, struct errand_dashboard_options *options);
/* The same, which must fail; the sentence. */
const char *refused_to_open(const struct errand_dashboard *dashboard, struct errand_dashboard_options *options);

enum { QUESTION_HEADERS_MAX = 8 };
struct question {
    const char *target;
    const char *method; /* NULL: GET, or POST where there is a form */
    const char *form;   /* a body */
    const char *host;   /* NULL: "localhost" */
    const char *remote; /* NULL: 127.0.0.1 */
    bool encrypted;
    bool bare; /* a POST without the headers that a browser sends (Content-Type, Origin) */
    struct errand_header headers[QUESTION_HEADERS_MAX];
};
/* Asks, and gives the status; world.response and world.body hold the rest. */
#define ask(...) ask_((struct question){ __VA_ARGS__ })
int ask_(struct question question);
/* The same as a page of the dashboard would send it: the form, and the token that a page of it holds. target may hold
   headers for the login. */
#define send_form(...) send_form_((struct question){ __VA_ARGS__ })
int send_form_(struct question question);

/* A header of the last response, or NULL. */
const char *header(const char *name);
/* The last body holds the text. */
#define assert_page_has(text) assert_page_has_(text, __FILE__, __LINE__)
void assert_page_has_(const char *text, const char *file, int line);
#define assert_page_lacks(text) assert_page_lacks_(text, __FILE__, __LINE__)
void assert_page_lacks_(const char *text, const char *file, int line);

#define ID(number) "00000000-0000-4000-8000-00000000000" #number
#define BAND "10000000-0000-4000-8000-000000000001"
/* As the last, which is then JSON. */
#define ask_json(address) ask(.target = (address), .headers = { { "Accept", "application/json" } })

/* A dashboard with default views alone, whose records of bands and customers are shown. */
extern const struct errand_dashboard plain;
void serve_plain(void);
/* letter_jobs with every status; the running one belongs to a worker. */
void add_letters(void);
/* So many more, succeeded, whose pages count from 1. */
void add_many(int count);
/* How many letter_jobs the condition holds for. */
int64_t letters(const char *where);
/* How many jobs the list of letter_jobs has with these parameters behind its address. */
int64_t listed(const char *parameters);
/* An initial_scrape_job, ID(1), of BAND, whose name has to be escaped. */
void add_scrape(void);

#endif
