/* A job table as this store knows it: what it looks like, the statements for it, its triggers. */
#include "base/clock.h"
#include "base/hash.h"
#include "job/types.h"
#include "store/postgres/internal.h"
#include "store/postgres/names.h"
#include "store_postgres_sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARNING_MAX = 8192 };

static const struct {
    const char *sql;
    const char *more; /* what stands at {more} in it; NULL: nothing */
} statements[TABLE_STATEMENTS] = {
    [SUCCEED] = { sql_succeed },
    [SETTLE] = { sql_settle },
    [SETTLE_KEEP] = { sql_settle_keep },
    [SUCCEED_AROUND] = { sql_succeed, sql_around },
    [SETTLE_AROUND] = { sql_settle, sql_around },
    [SETTLE_KEEP_AROUND] = { sql_settle_keep, sql_around },
    [STILL_HELD] = { sql_still_held },
    [FORGET] = { sql_forget },
    [CLAIM] = { sql_claim },
    [CLAIM_PASSING] = { sql_claim, "AND id::text <> ALL ($5::text[])" },
    [FIRST] = { sql_first },
    [NEXT_DUE] = { sql_next_due },
    [NEXT_DUE_PASSING] = { sql_next_due, "AND id::text <> ALL ($1::text[])" },
    [REFRESH] = { sql_refresh },
    [RECOVER] = { sql_recover },
    [SLEEP] = { sql_sleep },
    [WAKE] = { sql_wake },
};

/* ---- Names ---- */

static char *quoted(const char *name)
{
    size_t size = 2 * strlen(name) + 3;
    char *out = malloc(size);
    if (out)
        connect_quote(out, size, name);
    return out;
}

static char *quoted_literal(const char *text)
{
    struct buffer out = BUFFER_INIT(4096);
    buffer_puts(&out, strchr(text, '\\') ? " E'" : "'");
    for (; *text != '\0'; text++)
        buffer_printf(&out, *text == '\'' || *text == '\\' ? "%c%c" : "%c", *text, *text);
    buffer_puts(&out, "'");
    return out.data;
}

static char *wanted_name(const struct errand_table *table)
{
    char *name = quoted(table->name), *schema = table->schema ? quoted(table->schema) : NULL, *whole = NULL;
    if (name && (!table->schema || schema) &&
        asprintf(&whole, "%s%s%s", schema ? schema : "", schema ? "." : "", name) < 0)
        whole = NULL;
    free(name);
    free(schema);
    return whole;
}

/* ---- The handle ---- */

struct store_table *postgres_table_open(struct store *base, const struct errand_job_type *type, void *owner)
{
    struct postgres_store *store = (struct postgres_store *)base;
    struct postgres_table *table = calloc(1, sizeof(*table));
    if (!table)
        abort();
    const char *name = type->table->name;
    table->base = (struct store_table){ .store = base, .type = type, .owner = owner };
    table->store = store;
    table->number = store->table_count++;
    table->wanted = wanted_name(type->table);
    table->channel = names_of(NAMES_CHANNEL, name);
    table->function = names_of("notify_job_queued_", name);
    table->insert_trigger = names_of("did_insert_job_", name);
    table->update_trigger = names_of("did_update_job_", name);
    table->ranged_us = -1;
    struct postgres_table **end = &store->tables;
    while (*end)
        end = &(*end)->next;
    *end = table;
    return &table->base;
}

static void free_timer(uv_handle_t *handle)
{
    free(handle);
}

void postgres_table_close_timer(struct postgres_table *table)
{
    if (table->look_again)
        uv_close((uv_handle_t *)table->look_again, free_timer);
    table->look_again = NULL;
}

void postgres_table_free(struct postgres_table *table)
{
    for (int i = 0; i < TABLE_STATEMENTS; i++)
        free(table->statements[i].sql);
    free(table->wanted);
    free(table->channel);
    free(table->function);
    free(table->insert_trigger);
    free(table->update_trigger);
    free(table->found);
    free(table->label);
    free(table);
}

/* ---- What the database says of it ---- */

/* A look at the table that is under way: the answer to the caller, as it grows. */
struct look {
    store_table_done done;
    void *arg;
    struct store_table_state state;
    struct buffer warning;
    bool owns, vacuumed, outdated, make_triggers;
};

static void look_free(struct look *look)
{
    buffer_release(&look->warning);
    free(look);
}

static void look_end(struct look *look, struct store_result result)
{
    if (look->warning.size > 0 && !look->warning.failed) {
        while (look->warning.size > 0 && look->warning.data[look->warning.size - 1] == '\n')
            look->warning.data[--look->warning.size] = '\0';
        look->state.warning = look->warning.data;
    }
    look->done(look->arg, result, &look->state);
    look_free(look);
}

static const struct store_result all_well = { STORE_OK, "" };

static bool is_true(const PGresult *answer, const char *column)
{
    return PQgetvalue(answer, 0, PQfnumber(answer, column))[0] == 't';
}

static const char *type_of(const PGresult *columns, const char *name)
{
    for (int row = 0; row < PQntuples(columns); row++)
        if (strcmp(PQgetvalue(columns, row, 0), name) == 0)
            return PQgetvalue(columns, row, 1);
    return NULL;
}

/* False, with a warning, where a column that is needed is not there. */
static bool has_columns(struct look *look, const struct postgres_table *table, const PGresult *columns)
{
    static const char *const types[] = {
        "UUID DEFAULT gen_random_uuid() PRIMARY KEY NOT NULL",
        "TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL",
        "TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL",
        "JOB_STATUS DEFAULT 'job_status_not_started' NOT NULL",
        "TEXT DEFAULT NULL",
        "INT DEFAULT 0 NOT NULL",
        "TIMESTAMP WITH TIME ZONE DEFAULT NULL",
        "UUID DEFAULT NULL",
        "TIMESTAMP WITH TIME ZONE DEFAULT NOW() NOT NULL",
    };
    const struct errand_table *generated = table->base.type->table;
    bool whole = true;
    for (size_t i = 0; job_columns[i]; i++) {
        if (type_of(columns, job_columns[i]))
            continue;
        buffer_printf(&look->warning, "%s lacks the column %s: ALTER TABLE %s ADD COLUMN %s %s;\n", generated->name,
                      job_columns[i], table->wanted, job_columns[i], types[i]);
        whole = false;
    }
    for (size_t i = 0; i < generated->column_count; i++) {
        const struct errand_column *column = &generated->columns[i];
        bool standard = false;
        for (size_t j = 0; job_columns[j]; j++)
            standard |= strcmp(job_columns[j], column->name) == 0;
        if (standard || type_of(columns, column->name))
            continue;
        buffer_printf(
            &look->warning, "%s lacks the column %s of this program's schema: ALTER TABLE %s ADD COLUMN \"%s\" %s;\n",
            generated->name, column->name, table->wanted, column->name, column->sql_type ? column->sql_type : "TEXT");
        whole = false;
    }
    return whole;
}

/* ---- The statements ---- */

static void add_column(struct buffer *list, const char *name)
{
    char *column = quoted(name);
    buffer_printf(list, "%sjob.%s", list->size > 0 ? ", " : "", column ? column : "NULL");
    free(column);
}

/* The columns that the claim gives: those of the generated struct, in its order, and behind them what else is needed.
 */
static char *returning(const struct postgres_table *table)
{
    static const char *const needed[] = {
        "id", "attempts_count", "run_at", "locked_at", "created_at", "queue_position"
    };
    const struct errand_table *generated = table->base.type->table;
    struct buffer list = BUFFER_INIT(1024 * 1024);
    for (size_t i = 0; i < generated->column_count; i++)
        add_column(&list, generated->columns[i].name);
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        bool there = table->has_position || strcmp(needed[i], "queue_position") != 0;
        if (there && table_column(generated, needed[i]) < 0)
            add_column(&list, needed[i]);
    }
    return list.data;
}

static void set_statement(struct postgres_table *table, int which, char *sql)
{
    struct kept_statement *statement = &table->statements[which];
    if (sql && statement->sql && strcmp(sql, statement->sql) == 0) {
        free(sql);
        return;
    }
    free(statement->sql);
    *statement = (struct kept_statement){ .sql = sql };
    snprintf(statement->name, sizeof(statement->name), "errand_%u_%d_%u", table->number, which, ++table->changes);
}

/* pairs: the first of them is for {more}. */
static char *fill_statement(int which, const char **pairs)
{
    char *more = statements[which].more ? fill(statements[which].more, pairs) : NULL;
    pairs[1] = more ? more : "";
    char *sql = fill(statements[which].sql, pairs);
    free(more);
    return sql;
}

/* The keys of a table's advisory locks as they stand in statements. */
struct lock_keys {
    char gate[32], asleep[32];
};

static struct lock_keys lock_keys(const struct postgres_table *table)
{
    struct lock_keys keys;
    snprintf(keys.gate, sizeof(keys.gate), "(%" PRId64 ")", table->gate);
    snprintf(keys.asleep, sizeof(keys.asleep), "(%" PRId64 ")", ~table->gate);
    return keys;
}

static void compile(struct postgres_table *table, const PGresult *columns, bool plain)
{
    const char *id_type = type_of(columns, "id");
    struct lock_keys keys = lock_keys(table);
    char cast[128] = "";
    table->uuid_ids = strcmp(id_type, "uuid") == 0;
    if (!table->uuid_ids)
        snprintf(cast, sizeof(cast), "::%s", id_type);
    char *list = returning(table), *name = quoted_literal(table->base.type->table->name);
    const char *pairs[] = {
        "more",
        "",
        "table",
        table->found,
        "table_name",
        name ? name : "NULL",
        "gate",
        keys.gate,
        "asleep",
        keys.asleep,
        "id_type",
        table->uuid_ids ? "uuid" : "text",
        "id_cast",
        cast,
        "status_type",
        type_of(columns, "status"),
        "range",
        table->has_position ? "(run_at, queue_position) >= ($3, $4::int8)" : "run_at >= $3 AND $4::int8 IS NOT NULL",
        "row",
        plain ? "ctid" : "id",
        "order",
        table->has_position ? "run_at, queue_position" : "run_at, created_at, id",
        "returning",
        list,
        NULL,
    };
    for (int i = 0; i < TABLE_STATEMENTS; i++)
        set_statement(table, i, fill_statement(i, pairs));
    free(list);
    free(name);
}

/* ---- The triggers ---- */

static char *trigger_body(const struct postgres_table *table)
{
    struct lock_keys keys = lock_keys(table);
    char *channel = quoted_literal(table->channel);
    const char *const pairs[] = {
        "gate", keys.gate, "asleep", keys.asleep, "channel", channel ? channel : "", NULL,
    };
    char *body = fill(sql_trigger_body, pairs);
    free(channel);
    return body;
}

/* The function stands beside its table. */
static char *function_name(const struct postgres_table *table)
{
    char *name = quoted(table->function), *whole = NULL;
    const char *dot = table->found;
    for (bool inside = false; *dot != '\0' && (inside || *dot != '.'); dot++)
        inside ^= *dot == '"';
    if (name && asprintf(&whole, "%.*s.%s", (int)(dot - table->found), table->found, name) < 0)
        whole = NULL;
    free(name);
    return whole;
}

static char *trigger_script(const struct postgres_table *table)
{
    struct lock_keys keys = lock_keys(table);
    char *function = function_name(table);
    struct {
        const char *name;
        char *text; /* owned */
    } parts[] = {
        { "body", trigger_body(table) },
        { "function", function },
        { "function_text", function ? quoted_literal(function) : NULL },
        { "insert_trigger", quoted(table->insert_trigger) },
        { "insert_text", quoted_literal(table->insert_trigger) },
        { "update_trigger", quoted(table->update_trigger) },
        { "update_text", quoted_literal(table->update_trigger) },
    };
    enum { PARTS = sizeof(parts) / sizeof(parts[0]) };
    const char *pairs[2 * PARTS + 7] = { "table", table->found, "label", table->label, "gate", keys.gate };
    bool whole = true;
    for (size_t i = 0; i < PARTS; i++) {
        whole &= parts[i].text != NULL;
        pairs[2 * i + 6] = parts[i].name;
        pairs[2 * i + 7] = parts[i].text;
    }
    char *script = whole ? fill(sql_trigger, pairs) : NULL;
    for (size_t i = 0; i < PARTS; i++)
        free(parts[i].text);
    return script;
}

void postgres_table_add_triggers(struct postgres_table *table, struct request *request)
{
    char *script = trigger_script(table);
    const char *copy = script ? arena_strdup(&request->memory, script) : NULL;
    free(script);
    request->failed |= !copy;
    request_call(request, copy);
}

/* By the mark at its beginning, which in the first version was a statement. */
static bool is_ours(const char *source)
{
    return strstr(source, "/* errand ") || strstr(source, "PERFORM 'errand ");
}

/* Ours, but not as it would be made today: from another version. */
static bool is_outdated(const struct postgres_table *table, const char *source)
{
    char *body = trigger_body(table);
    bool outdated = body && is_ours(source) && !strstr(source, body);
    free(body);
    return outdated;
}

static void ignore(struct request *request, struct store_result result)
{
    (void)request;
    (void)result;
}

static void listened(struct request *request, struct store_result result)
{
    struct postgres_table *table = request->context;
    table->listening = result.fault == STORE_OK;
}

void postgres_table_listen(struct postgres_table *table)
{
    struct request *request = request_new(listened, table, NULL);
    char *channel = quoted(table->channel);
    if (!request || !channel)
        abort();
    struct buffer sql = BUFFER_INIT(256);
    buffer_printf(&sql, "LISTEN %s", channel);
    request_call(request, arena_strdup(&request->memory, sql.data));
    buffer_release(&sql);
    free(channel);
    postgres_send(table->store, request);
}

static void vacuum_often(struct postgres_table *table)
{
    struct request *request = request_new(ignore, table, NULL);
    char *sql = fill(sql_vacuum, (const char *const[]){ "table", table->found, NULL });
    if (!request || !sql)
        abort();
    request_call(request, arena_strdup(&request->memory, sql));
    free(sql);
    postgres_send(table->store, request);
}

/* ---- Looking ---- */

static void triggers_made(struct request *request, struct store_result result)
{
    struct postgres_table *table = request->context;
    struct look *look = request->arg;
    table->told |= result.fault == STORE_OK;
    table->deaf = result.fault != STORE_OK && table->told && look->outdated;
    if (result.fault == STORE_REFUSED) {
        table->may_trigger = false;
        buffer_printf(&look->warning,
                      "the triggers that announce new jobs of %s cannot be made, so it is looked at once a second: "
                      "%s\n",
                      table->base.type->table->name, result.message);
    }
    bool missed = table->told && table->asleep;
    struct postgres_store *store = table->store;
    bool gone = result.fault == STORE_OFFLINE || result.fault == STORE_CLOSED;
    look_end(look, gone ? result : all_well);
    if (missed && postgres_is_up(store)) /* what came while there were no triggers */
        store->events.available(store->owner, &table->base);
}

static void make_triggers(struct postgres_table *table, struct look *look)
{
    struct request *request = request_new(triggers_made, table, look);
    if (!request)
        abort();
    postgres_table_add_triggers(table, request);
    postgres_send(table->store, request);
}

static void warn_of_rights(struct look *look, struct postgres_table *table)
{
    if (!table->told && !table->may_trigger)
        buffer_printf(
            &look->warning,
            "the triggers that announce new jobs of %s are not there and this role may not make them, so it is "
            "looked at once a second: GRANT TRIGGER ON %s TO CURRENT_USER; and CREATE on its schema\n",
            table->base.type->table->name, table->found);
    if (table->deaf)
        buffer_printf(
            &look->warning,
            "the triggers of %s are of another version of Errand, whose workers they tell of new jobs, and this "
            "role may not replace them, so it is looked at once a second: start a worker once as the owner of "
            "its function %s\n",
            table->base.type->table->name, table->function);
}

static void warn_of_indexes(struct look *look, const struct postgres_table *table, bool has_key)
{
    const char *name = table->base.type->table->name;
    if (!table->has_index)
        store_advise_index(&look->warning, name, table->found,
                           table->has_position ? "queue_position" : "created_at, id");
    if (!has_key)
        buffer_printf(&look->warning,
                      "%s has no index on id, so every finish reads all of it: CREATE UNIQUE INDEX ON %s (id);\n", name,
                      table->found);
}

static void set_names(struct postgres_table *table, const PGresult *about)
{
    free(table->found);
    free(table->label);
    table->found = table->label = NULL;
    if (asprintf(&table->found, "%s.%s", PQgetvalue(about, 0, 0), PQgetvalue(about, 0, 1)) < 0)
        abort();
    table->label = strdup(PQgetvalue(about, 0, 2));
    table->gate = (int64_t)hash_text(table->found);
}

static void learn(struct postgres_table *table, struct look *look, const PGresult *about, const PGresult *columns)
{
    set_names(table, about);
    table->has_position = type_of(columns, "queue_position") != NULL;
    table->has_index = is_true(about, "has_index");
    table->may_trigger = is_true(about, "may_trigger");
    table->told = is_true(about, "told_of_insert") && is_true(about, "told_of_update");
    look->owns = is_true(about, "owns");
    look->vacuumed = is_true(about, "vacuumed");
    compile(table, columns, is_true(about, "plain"));
    table->usable = is_true(about, "may_work");
    if (!table->usable)
        buffer_printf(&look->warning, "this role may not work on %s: GRANT SELECT, UPDATE ON %s TO CURRENT_USER;\n",
                      table->base.type->table->name, table->found);
    look->outdated = is_outdated(table, PQgetvalue(about, 0, PQfnumber(about, "source")));
    look->make_triggers = table->may_trigger && (!table->told || (look->owns && look->outdated));
    table->deaf = table->told && !look->make_triggers && look->outdated;
    warn_of_indexes(look, table, is_true(about, "has_key"));
    warn_of_rights(look, table);
    look->state.usable = table->usable;
    look->state.has_position = table->has_position;
    look->state.has_index = table->has_index;
}

static void looked(struct request *request, struct store_result result)
{
    struct postgres_table *table = request->context;
    struct look *look = request->arg;
    if (result.fault != STORE_OK) {
        look_end(look, result);
        return;
    }
    const PGresult *about = request->calls[0].answer, *columns = request->calls[1].answer;
    if (PQntuples(about) == 0) {
        table->usable = false;
        look->state.missing = true;
        buffer_printf(&look->warning, "there is no table %s in the database: errand db create makes it\n",
                      table->base.type->table->name);
    } else if (!has_columns(look, table, columns)) {
        table->usable = false;
    } else {
        learn(table, look, about, columns);
    }
    if (!table->usable) {
        look_end(look, all_well);
        return;
    }
    if (look->owns && !look->vacuumed)
        vacuum_often(table);
    if (!table->listening)
        postgres_table_listen(table);
    if (look->make_triggers)
        make_triggers(table, look);
    else
        look_end(look, all_well);
}

void postgres_table_prepare(struct store_table *base, store_table_done done, void *arg)
{
    struct postgres_table *table = (struct postgres_table *)base;
    struct look *look = calloc(1, sizeof(*look));
    struct request *request = request_new(looked, table, look);
    if (!look || !request || !table->wanted || !table->channel || !table->function)
        abort();
    *look = (struct look){ .done = done, .arg = arg, .warning = BUFFER_INIT(WARNING_MAX) };
    struct call *call = request_call(request, sql_inspect_table);
    call_text(request, call, table->wanted);
    call_text(request, call, table->channel);
    call_text(request, call, table->function);
    call_text(request, request_call(request, sql_inspect_columns), table->wanted);
    postgres_send(table->store, request);
}
