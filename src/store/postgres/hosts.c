#include "store/postgres/hosts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists: elements with commas between them, any of which may be empty ---- */

static size_t count_in(const char *list)
{
    size_t count = list[0] != '\0';
    for (; *list != '\0'; list++)
        count += *list == ',';
    return count;
}

static const char *element(const char *list, size_t index, size_t *size)
{
    for (; index > 0; index--)
        list += strcspn(list, ",") + 1;
    *size = strcspn(list, ",");
    return list;
}

/* The list with this element at its end; NULL where memory ran out. One element is that of all hosts. */
static char *moved_last(const char *list, size_t index)
{
    size_t count = count_in(list), size;
    char *moved = NULL;
    if (count < 2 || index + 1 == count)
        return strdup(list);
    const char *at = element(list, index, &size);
    if (asprintf(&moved, "%.*s%s,%.*s", (int)(at - list), list, at + size + 1, (int)size, at) < 0)
        return NULL;
    return moved;
}

/* ---- Which one is being tried ---- */

static bool says(const char *list, size_t index, const char *text)
{
    size_t size;
    if (count_in(list) < 2)
        return true;
    const char *at = element(list, index, &size);
    return size == 0 || (strlen(text) == size && strncmp(at, text, size) == 0);
}

static size_t index_of(const struct hosts *lists, PGconn *conn, size_t count)
{
    size_t index = 0;
    while (index < count && !(says(lists->host, index, PQhost(conn)) &&
                              says(lists->hostaddr, index, PQhostaddr(conn)) && says(lists->port, index, PQport(conn))))
        index++;
    return index;
}

static char *value_of(PQconninfoOption *options, const char *keyword)
{
    static char none[] = "";
    for (PQconninfoOption *option = options; option && option->keyword; option++)
        if (strcmp(option->keyword, keyword) == 0 && option->val)
            return option->val;
    return none;
}

size_t hosts_put_last(struct hosts *hosts, PGconn *conn)
{
    PQconninfoOption *options = PQconninfo(conn);
    struct hosts lists = {
        .host = value_of(options, "host"),
        .hostaddr = value_of(options, "hostaddr"),
        .port = value_of(options, "port"),
    };
    size_t hosts_named = count_in(lists.host), addresses = count_in(lists.hostaddr);
    size_t count = addresses > 0 ? addresses : hosts_named;
    size_t index = index_of(&lists, conn, count);
    if (count > 1 && index < count) {
        hosts_forget(hosts);
        hosts->host = moved_last(lists.host, index);
        hosts->hostaddr = moved_last(lists.hostaddr, index);
        hosts->port = moved_last(lists.port, index);
        if (!hosts->host || !hosts->hostaddr || !hosts->port)
            hosts_forget(hosts);
    }
    PQconninfoFree(options);
    return hosts->host ? count : 0;
}

void hosts_forget(struct hosts *hosts)
{
    free(hosts->host);
    free(hosts->hostaddr);
    free(hosts->port);
    *hosts = (struct hosts){ 0 };
}
