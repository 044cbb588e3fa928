/* The store's verbs, handed on to the backend of the database. */
#include "store/store.h"

#include "base/uuid.h"
#include "store/backend.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct store_verbs *const backends[] = {
    [STORE_SQLITE] = &sqlite_store_verbs,
    [STORE_POSTGRES] = &postgres_store_verbs,
};

struct store *store_open(uv_loop_t *loop, const struct store_config *config, const struct store_events *events,
                         void *owner, struct errand_error *err)
{
    return backends[config->url->kind]->open(loop, config, events, owner, err);
}

void store_close(struct store *store, void (*done)(void *arg), void *arg)
{
    store->verbs->close(store, done, arg);
}

void store_leave_unfinished(struct store *store)
{
    store->unfinished = true;
}

enum store_kind store_kind(const struct store *store)
{
    return store->kind;
}

void store_install(struct store *store, store_done done, void *arg)
{
    store->verbs->install(store, done, arg);
}

struct store_table *store_table(struct store *store, const struct errand_job_type *type, void *owner)
{
    return store->verbs->table(store, type, owner);
}

void *store_table_owner(const struct store_table *table)
{
    return table->owner;
}

void store_table_prepare(struct store_table *table, store_table_done done, void *arg)
{
    table->store->verbs->table_prepare(table, done, arg);
}

void store_exchange(struct store_table *table, const struct store_exchange *exchange, store_exchange_done done,
                    void *arg)
{
    table->store->verbs->exchange(table, exchange, done, arg);
}

void store_pass_over(struct store_table *table, const char *const *ids, size_t count)
{
    table->passed_over_ids = ids;
    table->passed_over = count;
}

void store_sleep(struct store_table *table, store_done done, void *arg)
{
    table->store->verbs->sleep(table, done, arg);
}

void store_wake(struct store_table *table)
{
    table->store->verbs->wake(table);
}

void store_next_due(struct store_table *table, store_next_done done, void *arg)
{
    table->store->verbs->next_due(table, done, arg);
}

void store_heartbeat(struct store *store, store_done done, void *arg)
{
    store->verbs->heartbeat(store, done, arg);
}

void store_refresh(struct store_table *table, const uint64_t *claims, size_t count, store_done done, void *arg)
{
    table->store->verbs->refresh(table, claims, count, done, arg);
}

void store_recover(struct store_table *table, const uint64_t *held, size_t count, store_recover_done done, void *arg)
{
    table->store->verbs->recover(table, held, count, done, arg);
}

void store_evict(struct store *store, struct backend backend, store_done done, void *arg)
{
    store->verbs->evict(store, backend, done, arg);
}

void store_stats(struct store *store, const struct store_stat *stats, size_t count, store_done done, void *arg)
{
    store->verbs->stats(store, stats, count, done, arg);
}

void store_prune(struct store *store, store_prune_done done, void *arg)
{
    store->verbs->prune(store, done, arg);
}

errand_uuid store_claim_uuid(uint64_t worker, uint64_t claim)
{
    unsigned char bytes[16];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(worker >> (56 - 8 * i));
        bytes[8 + i] = (unsigned char)(claim >> (56 - 8 * i));
    }
    return uuid_from_bytes(bytes);
}

bool store_claim_parse(const char *text, uint64_t *worker, uint64_t *claim)
{
    errand_uuid uuid;
    if (uuid_parse(text, &uuid) < 0)
        return false;
    uint64_t halves[2] = { 0 };
    size_t digits = 0;
    for (const char *at = uuid.text; *at; at++) {
        if (*at == '-')
            continue;
        uint64_t digit = (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
        halves[digits / 16] = halves[digits / 16] << 4 | digit;
        digits++;
    }
    *worker = halves[0];
    *claim = halves[1];
    return true;
}

void store_advise_index(struct buffer *warning, const char *table, const char *quoted, const char *then)
{
    buffer_printf(
        warning,
        "%s has no index for claiming, so it grows slower with its finished jobs: CREATE INDEX \"%s_pending\" "
        "ON %s (run_at%s%s) WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS "
        "NULL;\n",
        table, table, quoted, then ? ", " : "", then ? then : "");
}
