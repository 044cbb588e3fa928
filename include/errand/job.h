/* The options of a job type, and JOB(), which declares one. */
#ifndef ERRAND_JOB_H
#define ERRAND_JOB_H

#include <errand/context.h>

#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

/* How long after a failure the next attempt waits. */
enum errand_backoff_kind { ERRAND_BACKOFF_LINEAR = 1, ERRAND_BACKOFF_EXPONENTIAL };
struct errand_backoff {
    enum errand_backoff_kind kind;
    int delay_s;
};
/* clang-format off */
/* The same number of seconds after every attempt. */
#define LINEAR_BACKOFF(seconds) { ERRAND_BACKOFF_LINEAR, (seconds) }
/* seconds * 2^attempts, at most 24 hours. */
#define EXPONENTIAL_BACKOFF(seconds) { ERRAND_BACKOFF_EXPONENTIAL, (seconds) }
/* clang-format on */

/* The members stand in errand_job_options and, flat, in each type's typed options. */
#define ERRAND_JOB_OPTION_MEMBERS                                                                                      \
    /* How often a failing job runs at most; 0 as 1: it is never retried. Default 10. */                               \
    int max_attempts;                                                                                                  \
    /* perform is killed after this long; 0 = never. Default 0. */                                                     \
    int64_t timeout_in_microseconds;                                                                                   \
    /* How many performs of this type run at once in one worker, 1 to 1000. Default 16. */                             \
    int max_concurrency;                                                                                               \
    /* Default LINEAR_BACKOFF(30). */                                                                                  \
    struct errand_backoff backoff;                                                                                     \
    /* The worker looks for jobs at least this often, in microseconds, whatever wakes it. Default 60 s. */             \
    int64_t queue_poll_interval;                                                                                       \
    /* A job that a worker of another make has held for this long, in microseconds, is taken from it. 10 min. */       \
    int64_t stale_job_timeout;                                                                                         \
    /* Called once in each process that runs jobs of this type, before its first one; may be NULL. For what stays in   \
       memory: directory, environment and the database's session are as before behind the job. */                      \
    void (*on_runner_start)(struct errand_context * ctx);

struct errand_job_options {
    ERRAND_JOB_OPTION_MEMBERS
};

#define ERRAND_JOB_OPTION_DEFAULTS                                                                                     \
    .max_attempts = 10, .timeout_in_microseconds = 0, .max_concurrency = 16, .backoff = LINEAR_BACKOFF(30),            \
    .queue_poll_interval = 60000000, .stale_job_timeout = 600000000, .on_runner_start = NULL

#ifdef __clang__
#define ERRAND_OVERRIDES_OFF                                                                                           \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Winitializer-overrides\"")
#define ERRAND_OVERRIDES_ON _Pragma("clang diagnostic pop")
#else
#define ERRAND_OVERRIDES_OFF _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Woverride-init\"")
#define ERRAND_OVERRIDES_ON _Pragma("GCC diagnostic pop")
#endif

#ifndef __cplusplus
/* For types.h: the typed options of one job type. */
#define ERRAND_JOB_OPTIONS_STRUCT(type)                                                                                \
    struct type##_options {                                                                                            \
        __extension__ union {                                                                                          \
            __extension__ struct {                                                                                     \
                ERRAND_JOB_OPTION_MEMBERS                                                                              \
            };                                                                                                         \
            struct errand_job_options options;                                                                         \
        };                                                                                                             \
        void (*perform)(struct errand_context *, const type *);                                                        \
    };                                                                                                                 \
    typedef struct type##_options type##_options;

/* Declares what a job type does:

       JOB(EmailCustomersJob,
           .perform = perform,
           .max_attempts = 3)

   once in the program, at file level, with no semicolon after it. Of a type that is not there compilers say so first,
   and which it may be: to begin a declaration with it has them look for one alike. In a literal of an unknown type gcc
   passes over the options, each of which it would else call unknown as well. */
#define JOB(type, ...)                                                                                                 \
    ERRAND_OVERRIDES_OFF                                                                                               \
    type *type##_known_(void);                                                                                         \
    __extension__ const type##_options type##_job = (const type##_options){ ERRAND_JOB_OPTION_DEFAULTS, __VA_ARGS__ }; \
    ERRAND_OVERRIDES_ON
#endif

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif
