/* Logins that failed, by address. A guess that fails makes its address wait, each time twice as long: nobody sleeps,
   the next guess is refused unseen. As many addresses as the table holds; a new one takes the place of the one that
   failed longest ago. */
#include "dashboard/guard.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ADDRESSES_MAX = 1024,
    ADDRESS_MAX = 64,
    FREE_FAILURES = 3, /* people mistype */
    WAIT_MAX_S = 60,
};
#define FORGET_US (15 * INT64_C(60) * 1000000)

struct failure {
    char address[ADDRESS_MAX];
    int count; /* 0: the place is free */
    int64_t last_us, until_us;
};

struct login_failures {
    pthread_mutex_t mutex;
    struct failure places[ADDRESSES_MAX];
};

struct login_failures *login_failures_new(void)
{
    struct login_failures *failures = calloc(1, sizeof(*failures));
    if (failures)
        pthread_mutex_init(&failures->mutex, NULL);
    return failures;
}

void login_failures_free(struct login_failures *failures)
{
    if (!failures)
        return;
    pthread_mutex_destroy(&failures->mutex);
    free(failures);
}

/* Who has IPv6 has 2^64 addresses: what counts is the network, the first four groups. */
static void network_of(const char *remote, char address[ADDRESS_MAX])
{
    snprintf(address, ADDRESS_MAX, "%s", remote);
    int groups = 0;
    for (char *at = address; *at; at++) {
        if (*at == '.')
            return;
        if (*at != ':')
            continue;
        if (++groups == 4 || at[1] == ':')
            at[1] = '\0';
    }
}

static struct failure *find(struct login_failures *failures, const char *address)
{
    for (size_t i = 0; i < ADDRESSES_MAX; i++)
        if (failures->places[i].count > 0 && strcmp(failures->places[i].address, address) == 0)
            return &failures->places[i];
    return NULL;
}

static struct failure *make(struct login_failures *failures, const char *address)
{
    struct failure *oldest = &failures->places[0];
    for (size_t i = 0; i < ADDRESSES_MAX && oldest->count > 0; i++)
        if (failures->places[i].count == 0 || failures->places[i].last_us < oldest->last_us)
            oldest = &failures->places[i];
    *oldest = (struct failure){ 0 };
    snprintf(oldest->address, ADDRESS_MAX, "%s", address);
    return oldest;
}

int login_failures_wait_s(struct login_failures *failures, const char *remote, int64_t now_us)
{
    char address[ADDRESS_MAX];
    network_of(remote, address);
    pthread_mutex_lock(&failures->mutex);
    const struct failure *failure = find(failures, address);
    int64_t left_us = failure ? failure->until_us - now_us : 0;
    pthread_mutex_unlock(&failures->mutex);
    return left_us > 0 ? (int)((left_us + 999999) / 1000000) : 0;
}

void login_failures_add(struct login_failures *failures, const char *remote, int64_t now_us)
{
    char address[ADDRESS_MAX];
    network_of(remote, address);
    pthread_mutex_lock(&failures->mutex);
    struct failure *failure = find(failures, address);
    if (failure && now_us - failure->last_us > FORGET_US)
        failure->count = 0;
    if (!failure)
        failure = make(failures, address);
    failure->last_us = now_us;
    failure->count++;
    int doublings = failure->count - FREE_FAILURES;
    int wait_s = doublings <= 0 ? 0 : doublings > 6 ? WAIT_MAX_S : 1 << (doublings - 1);
    failure->until_us = now_us + wait_s * INT64_C(1000000);
    pthread_mutex_unlock(&failures->mutex);
}

void login_failures_forget(struct login_failures *failures, const char *remote)
{
    char address[ADDRESS_MAX];
    network_of(remote, address);
    pthread_mutex_lock(&failures->mutex);
    struct failure *failure = find(failures, address);
    if (failure)
        *failure = (struct failure){ 0 };
    pthread_mutex_unlock(&failures->mutex);
}
