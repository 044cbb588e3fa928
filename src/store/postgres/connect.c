/* How every connection of ours to PostgreSQL begins, and what its errors are called. */
#include "store/postgres/connect.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ADDRESS_LIMIT_S = 10 };

static void ignore_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* libpq quotes the connection string in some of its errors, password included. */
static bool says_secret(const char *text, const struct store_url *url)
{
    if (strstr(text, url->target))
        return true;
    bool words = !strstr(url->target, "://");
    return words ? strstr(text, "password=") != NULL : strstr(text, "://") != NULL;
}

/* Makes one line of it: lines are joined, the position under a quoted statement and the source location go. */
static void one_line(const char *from, char *text, size_t size)
{
    size_t used = 0;
    while (*from != '\0' && used + 2 < size) {
        size_t length = strcspn(from, "\n");
        if (strncmp(from, "LOCATION:", 9) != 0 && strspn(from, " \t^") < length) {
            size_t room = size - used - 1, indent = used > 0 ? strspn(from, " \t") : 0;
            int put =
                snprintf(text + used, room + 1, "%s%.*s", used > 0 ? " " : "", (int)(length - indent), from + indent);
            used += (size_t)put < room ? (size_t)put : room;
        }
        from += length;
        from += *from == '\n';
    }
    text[used] = '\0';
}

const char *connect_sqlstate(const PGresult *result)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    return state ? state : "";
}

void connect_sentence(const PGresult *result, PGconn *conn, const struct store_url *url, bool with_detail, char *text,
                      size_t size)
{
    const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *detail = result && with_detail ? PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL) : NULL;
    const char *hint = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_HINT) : NULL;
    const char *own = PQresultErrorMessage(result); /* libpq's, where it is not the server that speaks */
    char whole[2048];
    if (primary)
        snprintf(whole, sizeof(whole), "%s%s%s%s%s", primary, detail ? ". " : "", detail ? detail : "", hint ? " " : "",
                 hint ? hint : "");
    else
        snprintf(whole, sizeof(whole), "%s", own[0] != '\0' ? own : conn ? PQerrorMessage(conn) : "");
    one_line(whole, text, size);
    if (text[0] == '\0')
        snprintf(text, size, "the connection was lost");
    else if (!primary && says_secret(text, url))
        snprintf(text, size, "%s is not an address that libpq takes", url->shown);
}

/* A server's refusal, under PQERRORS_VERBOSE: "... FATAL:  3D000: database ..." in any language. */
static void find_sqlstate(char *message, char sqlstate[6])
{
    sqlstate[0] = '\0';
    for (char *at = message; (at = strstr(at, ":  ")) != NULL; at += 3) {
        char *code = at + 3;
        if (strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5 || code[5] != ':')
            continue;
        memcpy(sqlstate, code, 5);
        sqlstate[5] = '\0';
        memmove(code, code + 7, strlen(code + 7) + 1);
    }
}

/* A server that is full, starting, stopping, or that did not answer. Other failures are libpq's own, of its options. */
static bool passes(const char *sqlstate, const PGconn *conn, const char *message)
{
    if (sqlstate[0] != '\0')
        return strncmp(sqlstate, "53", 2) == 0 || strncmp(sqlstate, "57P", 3) == 0 || strncmp(sqlstate, "08", 2) == 0;
    bool tried = strncmp(message, "connection to server", 20) == 0 || strncmp(message, "could not translate", 19) == 0;
    return tried && !PQconnectionNeedsPassword(conn);
}

void connect_failed(PGconn *conn, const struct store_url *url, struct connect_failure *failure)
{
    char message[1024];
    one_line(PQerrorMessage(conn), message, sizeof(message));
    find_sqlstate(message, failure->sqlstate);
    failure->passes = passes(failure->sqlstate, conn, message);
    if (says_secret(message, url)) {
        failure->passes = false;
        snprintf(message, sizeof(message), "it is not an address that libpq takes");
    }
    bool missing = strcmp(failure->sqlstate, "3D000") == 0;
    error_set(&failure->error, "cannot connect to %s: %s%s", url->shown,
              message[0] ? message : "the server does not answer", missing ? "; `errand db create` makes it" : "");
}

/* Whether what a sentence quotes stands in the address as it is shown, so that it is no password's. */
static bool quotes_what_is_shown(const char *sentence, const struct store_url *url)
{
    const char *first = strchr(sentence, '"'), *last = strrchr(sentence, '"');
    return first && memmem(url->shown, strlen(url->shown), first + 1, last > first ? (size_t)(last - first - 1) : 0);
}

/* NULL and the sentence where the URL is not one; to be freed. */
static PQconninfoOption *parse(const struct store_url *url, struct errand_error *err)
{
    char *message = NULL, why[512];
    PQconninfoOption *options = PQconninfoParse(url->target, &message);
    one_line(message ? message : "", why, sizeof(why));
    PQfreemem(message);
    bool told = quotes_what_is_shown(why, url);
    if (!options)
        error_set(err, "%s is not an address that libpq takes%s%s (postgresql://user:password@host:port/database)",
                  url->shown, told ? ": " : "", told ? why : "");
    return options;
}

/* One for all hosts, or one for each; where none stands, the usual one serves. */
static bool are_ports(const char *text)
{
    for (;; text++) {
        size_t size = strcspn(text, ",");
        char *end = NULL;
        long port = strtol(text, &end, 10);
        end += strspn(end, " \t");
        if (size > 0 && (end != text + size || port < 1 || port > 65535))
            return false;
        text += size;
        if (*text == '\0')
            return true;
    }
}

bool connect_check(const struct store_url *url, struct errand_error *err)
{
    PQconninfoOption *options = parse(url, err);
    bool valid = options != NULL;
    for (const PQconninfoOption *option = options; valid && option->keyword; option++)
        if (strcmp(option->keyword, "port") == 0 && option->val && !are_ports(option->val)) {
            error_set(err, "%s names a port that is no number from 1 to 65535", url->shown);
            valid = false;
        }
    PQconninfoFree(options);
    return valid;
}

static bool names_several(const PQconninfoOption *option)
{
    for (; option->keyword; option++)
        if (strncmp(option->keyword, "host", 4) == 0 && option->val && strchr(option->val, ','))
            return true;
    return false;
}

PGconn *connect_start(const struct store_url *url, const char *database, const char *application_name,
                      const struct hosts *hosts, struct errand_error *err)
{
    static const struct hosts as_it_says;
    const struct hosts *order = hosts ? hosts : &as_it_says;
    PQconninfoOption *options = parse(url, err);
    if (!options)
        return NULL;
    bool several = names_several(options);
    PQconninfoFree(options);
    /* What stands before dbname, the URL overrides; what stands behind it, overrides the URL. */
    const char *names[] = {
        "fallback_application_name",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout", /* what was sent and never acknowledged: keepalive does not look then */
        "target_session_attrs",
        "dbname",
        "client_encoding",
        "host",
        "hostaddr",
        "port",
        database ? "dbname" : NULL,
        NULL,
    };
    const char *values[] = {
        application_name ? application_name : "errand",
        "5",
        "2",
        "3",
        "15000",
        several ? "primary" : NULL, /* a standby takes no jobs, and no outcome of any */
        url->target,
        "UTF8",
        order->host,
        order->hostaddr,
        order->port,
        database,
        NULL,
    };
    PGconn *conn = PQconnectStartParams(names, values, 1);
    if (!conn) {
        error_set(err, "cannot connect to %s: out of memory", url->shown);
        return NULL;
    }
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(conn, ignore_notice, NULL);
    return conn;
}

int connect_limit_ms(PGconn *conn)
{
    long seconds = 0;
    PQconninfoOption *options = PQconninfo(conn);
    for (PQconninfoOption *option = options; option && option->keyword; option++)
        if (strcmp(option->keyword, "connect_timeout") == 0 && option->val)
            seconds = strtol(option->val, NULL, 10);
    PQconninfoFree(options);
    return (int)(seconds > 0 && seconds < 3600 ? seconds : ADDRESS_LIMIT_S) * 1000;
}

/* libpq leaves the time that each address has to whoever polls, and has no call to go on to the next one. But where the
   socket of an attempt fails, it does so by itself. */
void connect_give_up_address(PGconn *conn)
{
    shutdown(PQsocket(conn), SHUT_RDWR);
}

bool connect_at_another_address(PGconn *conn, uint64_t *address)
{
    const char *parts[] = { PQhost(conn), PQhostaddr(conn), PQport(conn) };
    uint64_t hash = hash_text("");
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        hash = hash_add(hash, parts[i] ? parts[i] : "");
    bool other = hash != *address;
    *address = hash;
    return other;
}

/* Polls to the end. False: the last address did not answer in time. *untried: how many hosts may still answer. */
static bool poll_until_made(PGconn *conn, struct hosts *hosts, size_t *untried)
{
    int limit_ms = connect_limit_ms(conn);
    int64_t until = 0;
    uint64_t address = 0;
    bool in_time = true;
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (PQstatus(conn) != CONNECTION_BAD) {
        if (connect_at_another_address(conn, &address) || !in_time)
            until = clock_monotonic_us() + limit_ms * INT64_C(1000);
        int64_t left_us = until - clock_monotonic_us();
        struct pollfd wait = { .fd = PQsocket(conn), .events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT };
        int ready = poll(&wait, 1, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
        if (ready < 0 && errno == EINTR)
            continue;
        in_time = ready > 0;
        if (!in_time) {
            size_t count = hosts_put_last(hosts, conn);
            *untried = *untried < count ? *untried : count;
            *untried -= *untried > 0;
            connect_give_up_address(conn);
        }
        next = PQconnectPoll(conn);
        if (next == PGRES_POLLING_OK || next == PGRES_POLLING_FAILED)
            break;
    }
    return in_time;
}

/* libpq goes on to the next host where one cannot be reached, but not where it takes the connection and then says
   nothing: that is tried again, with that host at the end. */
static PGconn *make(const struct store_url *url, const char *database, bool *in_time, struct errand_error *err)
{
    struct hosts hosts = { 0 };
    size_t untried = SIZE_MAX;
    PGconn *conn = connect_start(url, database, NULL, NULL, err);
    while (conn && !(*in_time = poll_until_made(conn, &hosts, &untried)) && untried > 0) {
        PQfinish(conn);
        conn = connect_start(url, database, NULL, &hosts, err);
    }
    hosts_forget(&hosts);
    return conn;
}

PGconn *connect_and_wait(const struct store_url *url, const char *database, bool *later, struct errand_error *err)
{
    bool in_time = false;
    PGconn *conn = make(url, database, &in_time, err);
    *later = false;
    if (!conn)
        return NULL;
    if (in_time && PQstatus(conn) == CONNECTION_OK) {
        PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
        return conn;
    }
    struct connect_failure failure;
    connect_failed(conn, url, &failure);
    if (!in_time)
        error_set(&failure.error, "cannot connect to %s: no answer in time", url->shown);
    *later = failure.passes || !in_time;
    if (err)
        *err = failure.error;
    PQfinish(conn);
    return NULL;
}

int connect_quote(char *out, size_t size, const char *name)
{
    size_t used = 0;
    for (const char *at = name; *at != '\0'; at++)
        used += *at == '"' ? 2 : 1;
    if (used + 3 > size)
        return -1;
    *out++ = '"';
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '"')
            *out++ = '"';
        *out++ = *at;
    }
    *out++ = '"';
    *out = '\0';
    return 0;
}
