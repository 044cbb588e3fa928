/* The PostgreSQL store, as its files share it: store.c connects and hands out work, session.c is alive and buries the
   dead, table.c knows a job table, exchange.c claims and finishes, sleep.c rests, recover.c takes over. */
#ifndef STORE_POSTGRES_INTERNAL_H
#define STORE_POSTGRES_INTERNAL_H

#include "base/buffer.h"
#include "base/process.h"
#include "store/backend.h"
#include "store/postgres/fill.h"
#include "store/postgres/link.h"

enum link_number { SESSION_LINK = 0, FIRST_WORK_LINK = 1 };

enum own_table { OWN_WORKERS, OWN_ATTEMPTS, OWN_STATS, OWN_TABLES };
extern const char *const postgres_own_table_names[OWN_TABLES];

enum postgres_state {
    POSTGRES_CONNECTING = 1, /* also again, after a loss */
    POSTGRES_ONLINE,
    POSTGRES_LEAVING, /* store_close: what is under way is finished */
    POSTGRES_CLOSED,
    POSTGRES_FATAL
};

/* Another worker whose lease was found free. */
struct free_lease {
    uint64_t worker;
    int64_t since_us; /* CLOCK_MONOTONIC, within the present session */
};

struct postgres_store {
    struct store base;
    uv_loop_t *loop;
    const struct store_url *url;
    const struct log *log;
    struct store_events events;
    void *owner;
    uint64_t worker;
    char *application_name; /* owned */
    struct process_identity self;
    enum postgres_state state;
    bool was_online;
    bool told_offline;
    bool leaving; /* the row in errand_workers is being taken out */
    struct link links[LINKS];
    struct hosts hosts;
    bool asked[LINKS]; /* connected, and which backend it has is known; nothing is set there yet */
    bool ready[LINKS]; /* set up, and for the session: the lease is held */
    int backends[LINKS];
    bool pooled; /* a backend's pid is not the one its handshake told: whether it stays the same is not known yet */
    int backoff_ms;
    uv_timer_t retry;   /* of connecting */
    uv_async_t later;   /* answers the requests in `answered` */
    uv_timer_t parting; /* of closing */
    uv_timer_t announce;
    int handles;          /* of the four above that are still open, once closed */
    int64_t announced_us; /* when watchers were last told; 0: never */
    struct request *answered, **answered_end;
    struct request *waiting, **waiting_end; /* exchanges without a link */
    struct postgres_table *tables;
    unsigned table_count;
    bool own[OWN_TABLES];
    struct free_lease *free_leases; /* owned */
    size_t free_lease_count;
    int64_t beaten_us;   /* CLOCK_MONOTONIC: our own heartbeat was last written */
    int64_t returned_us; /* CLOCK_MONOTONIC: our session began, behind an outage; 0: there was none */
    bool sweeping;       /* the workers are being looked at */
    int64_t swept_us;
    struct buffer dead, known; /* of the last sweep: workers, 8 bytes each */
    bool undecided;            /* of the last sweep: one is without its lease or its process, and not dead yet */
    struct eviction *evictions;
    void (*closed)(void *arg);
    void *closed_arg;
};

enum table_statement {
    SUCCEED,
    SETTLE,
    SETTLE_KEEP,
    SUCCEED_AROUND, /* the same three, leaving out rows that others have locked */
    SETTLE_AROUND,
    SETTLE_KEEP_AROUND,
    STILL_HELD,
    FORGET,
    CLAIM,
    CLAIM_PASSING, /* this and NEXT_DUE_PASSING: where jobs are passed over */
    FIRST,
    NEXT_DUE,
    NEXT_DUE_PASSING,
    REFRESH,
    RECOVER,
    SLEEP,
    WAKE,
    TABLE_STATEMENTS
};

struct postgres_table {
    struct store_table base;
    struct postgres_table *next;
    struct postgres_store *store;
    unsigned number;
    char *wanted;                                               /* the name as one writes it, quoted; owned */
    char *channel, *function, *insert_trigger, *update_trigger; /* unquoted; owned */
    char *found;  /* schema and name, quoted; owned; NULL: not looked at yet */
    char *label;  /* the same as an SQL literal; owned */
    int64_t gate; /* key of the advisory lock that inserts share; its complement is that of those that sleep */
    struct kept_statement statements[TABLE_STATEMENTS];
    unsigned changes; /* of the statements' text: part of their names */
    bool usable;
    bool uuid_ids; /* id is a uuid; else its values travel as text */
    bool has_position, has_index;
    int64_t tried_us; /* when the triggers were last to be made */
    bool told;        /* its triggers are there, or others that notify its channel */
    bool may_trigger; /* we have the right to make them */
    bool deaf;        /* they are of another version, whose workers they tell, and not ours to replace */
    bool listening;   /* in the present session */
    bool ascii;       /* the next outcomes' texts are to be (exchange.c) */
    bool asleep;
    bool holds_lock; /* the present session may hold the lock of those that sleep */
    /* Claiming (exchange.c) */
    int in_flight;
    int64_t sent_us;                        /* of the exchange that went last */
    bool stuck;                             /* it was not answered in time: one at once until it goes again */
    int64_t around_until_us;                /* until then outcomes are written around rows that others have locked */
    char since[48];                         /* run_at of the last claimed job; "": none yet */
    int64_t since_position;                 /* and its queue_position */
    bool filled;                            /* the last claim found all it might take */
    int64_t full_at_us, full_us, ranged_us; /* the last claim of the full range: when, how long; and of a part */
    int64_t recover_after_us;               /* reading the running jobs takes long: not before */
    size_t others;                          /* running jobs that the last such look left to others */
    uv_timer_t *look_again;                 /* to look at the full range, where a part was empty; closes by itself */
};

/* store.c */
/* Sends it over the session link, or answers it as the state of the store demands. NULL: memory ran out. */
void postgres_send(struct postgres_store *store, struct request *request);
/* Answers it from the loop, without the server. */
void postgres_answer(struct postgres_store *store, struct request *request, enum store_fault fault,
                     const char *message);
void postgres_fail(struct postgres_store *store, const char *why);
/* Sends an exchange over a work link, as soon as one is idle. */
void postgres_queue(struct postgres_store *store, struct request *request);
/* Does what can be done next about connecting: sets up links that were asked, connects others, goes online. */
void postgres_go_on(struct postgres_store *store);
/* The link was set up. */
void postgres_link_ready(struct postgres_store *store, struct link *link);
/* Closes the link as if it had been lost, to be connected again. */
void postgres_drop_link(struct postgres_store *store, struct link *link, const char *why);
bool postgres_is_up(const struct postgres_store *store);
/* Answer that tells a store_done: context and tell.plain of the request. */
void postgres_tell_plain(struct request *request, struct store_result result);
struct request *postgres_plain_request(store_done done, void *arg);

/* session.c */
void postgres_session_ask(struct postgres_store *store, struct link *link);
void postgres_session_set_up(struct postgres_store *store, struct link *link);
/* Goes on with setting up the links that were asked, or fails: behind a proxy that shares backends between
 * transactions. */
void postgres_session_check_proxy(struct postgres_store *store);
void postgres_session_online(struct postgres_store *store);
void postgres_session_leave(struct postgres_store *store, request_done done);
void postgres_session_install(struct store *base, store_done done, void *arg);
void postgres_session_heartbeat(struct store *base, store_done done, void *arg);
void postgres_session_evict(struct store *base, struct backend backend, store_done done, void *arg);
void postgres_session_stats(struct store *base, const struct store_stat *stats, size_t count, store_done done,
                            void *arg);
void postgres_session_forget(struct postgres_store *store);

/* table.c */
struct store_table *postgres_table_open(struct store *base, const struct errand_job_type *type, void *owner);
void postgres_table_free(struct postgres_table *table);
void postgres_table_prepare(struct store_table *base, store_table_done done, void *arg);
/* Adds the making of the triggers, which waits for nobody. */
void postgres_table_add_triggers(struct postgres_table *table, struct request *request);
void postgres_table_close_timer(struct postgres_table *table);
void postgres_table_listen(struct postgres_table *table);

/* announce.c */
/* Jobs were claimed or finished: those who watch are told, soon. */
void postgres_announce(struct postgres_store *store);

/* exchange.c */
/* Adds the array of the jobs that are passed over. */
void postgres_call_passed_over(struct request *request, struct call *call, const struct store_table *table);
void postgres_exchange_begin(struct store_table *base, const struct store_exchange *exchange, store_exchange_done done,
                             void *arg);
/* May it be sent now, beside what is under way of its table? */
bool postgres_exchange_may_go(const struct request *request);
void postgres_exchange_goes(struct request *request);

/* sleep.c */
void postgres_sleep_begin(struct store_table *base, store_done done, void *arg);
void postgres_sleep_end(struct store_table *base);
void postgres_sleep_next_due(struct store_table *base, store_next_done done, void *arg);

/* prune.c */
void postgres_prune(struct store *base, store_prune_done done, void *arg);

/* recover.c */
void postgres_recover_begin(struct store_table *base, const uint64_t *held, size_t count, store_recover_done done,
                            void *arg);
void postgres_recover_refresh(struct store_table *base, const uint64_t *claims, size_t count, store_done done,
                              void *arg);

#endif
