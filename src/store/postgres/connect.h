/* How every connection of ours to PostgreSQL begins, and what its errors are called. */
#ifndef STORE_POSTGRES_CONNECT_H
#define STORE_POSTGRES_CONNECT_H

#include "store/postgres/hosts.h"
#include "store/url.h"

#include <libpq-fe.h>

/* Whether libpq takes it as an address; the sentence where not. */
bool connect_check(const struct store_url *url, struct errand_error *err);
/* Begins to connect, to be gone on with by PQconnectPoll. Of several hosts it will be one that takes writes, unless the
   URL's target_session_attrs says otherwise. database: another than the URL's, or NULL;
   application_name: where the URL gives none, or NULL; hosts: in which order, or NULL. NULL and the sentence where
   memory ran out or the URL is not one; a connection that fails at once is returned, its status says so. */
PGconn *connect_start(const struct store_url *url, const char *database, const char *application_name,
                      const struct hosts *hosts, struct errand_error *err);
/* Connects and waits. *later as connection_try has it. */
PGconn *connect_and_wait(const struct store_url *url, const char *database, bool *later, struct errand_error *err);

/* How long each address of each host has to answer: the URL's connect_timeout, or 10 s. */
int connect_limit_ms(PGconn *conn);
/* Whether another address is being tried than *address says, which says so then; 0 at first. */
bool connect_at_another_address(PGconn *conn, uint64_t *address);
/* The address that is being tried had its time: PQconnectPoll, to be called next, goes on to the next one or fails. */
void connect_give_up_address(PGconn *conn);

/* What kept the connection from being made: the sentence, its SQLSTATE ("" where no server spoke), and whether it may
   pass by itself. */
struct connect_failure {
    char sqlstate[6];
    bool passes;
    struct errand_error error;
};
void connect_failed(PGconn *conn, const struct store_url *url, struct connect_failure *failure);

/* What a server said, on one line, without secrets and without the "ERROR:" before it. Its DETAIL may hold the values
   of a whole row. */
void connect_sentence(const PGresult *result, PGconn *conn, const struct store_url *url, bool with_detail, char *text,
                      size_t size);
/* The SQLSTATE of an answer; "" where it has none. */
const char *connect_sqlstate(const PGresult *result);

/* "name" with its quotes doubled and around it, as an identifier; and 'text' as a literal. */
int connect_quote(char *out, size_t size, const char *name);

#endif
