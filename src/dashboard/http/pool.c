/* The threads that answer requests. As many requests may wait as there are connections. */
#include "dashboard/http/server.h"

#include "base/clock.h"
#include "dashboard/http/last_words.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct worker {
    struct pool *pool;
    pthread_t thread;
    struct exchange *exchange; /* that it is at; NULL: none */
};

struct pool {
    struct server *server;
    pthread_mutex_t mutex;
    pthread_cond_t some;
    struct exchange *first, **last;
    bool stops;
    int count;
    struct worker workers[];
};

static struct exchange *take(struct worker *worker)
{
    struct pool *pool = worker->pool;
    pthread_mutex_lock(&pool->mutex);
    worker->exchange = NULL;
    while (!pool->first && !pool->stops)
        pthread_cond_wait(&pool->some, &pool->mutex);
    struct exchange *exchange = pool->first;
    if (exchange) {
        pool->first = exchange->next;
        if (!pool->first)
            pool->last = &pool->first;
        exchange->began_us = clock_monotonic_us();
        worker->exchange = exchange;
    }
    pthread_mutex_unlock(&pool->mutex);
    return exchange;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    last_words_thread_begin();
    for (struct exchange *exchange; (exchange = take(worker));) {
        last_words_prepare(exchange->method, exchange->target);
        exchange_answer(exchange);
        last_words_prepare(NULL, NULL);
        pthread_mutex_lock(&worker->pool->mutex);
        worker->exchange = NULL;
        pthread_mutex_unlock(&worker->pool->mutex);
        MHD_resume_connection(exchange->connection); /* which may free the exchange at once */
    }
    last_words_thread_end();
    return NULL;
}

struct pool *pool_new(struct server *server, int threads)
{
    struct pool *pool = calloc(1, sizeof(*pool) + (size_t)threads * sizeof(pool->workers[0]));
    if (!pool)
        return NULL;
    pool->server = server;
    pool->last = &pool->first;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->some, NULL);
    for (; pool->count < threads; pool->count++) {
        struct worker *worker = &pool->workers[pool->count];
        worker->pool = pool;
        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            break;
    }
    if (pool->count > 0)
        return pool;
    pool_free(pool);
    return NULL;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stops = true;
    pthread_cond_broadcast(&pool->some);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->count; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->some);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

void pool_add(struct pool *pool, struct exchange *exchange)
{
    pthread_mutex_lock(&pool->mutex);
    exchange->next = NULL;
    *pool->last = exchange;
    pool->last = &exchange->next;
    pthread_cond_signal(&pool->some);
    pthread_mutex_unlock(&pool->mutex);
}

int64_t pool_oldest_us(struct pool *pool, char *target, size_t size)
{
    int64_t oldest = INT64_MAX;
    pthread_mutex_lock(&pool->mutex);
    for (int i = 0; i < pool->count; i++) {
        const struct exchange *exchange = pool->workers[i].exchange;
        if (!exchange || exchange->began_us >= oldest)
            continue;
        oldest = exchange->began_us;
        snprintf(target, size, "%s", exchange->target);
    }
    pthread_mutex_unlock(&pool->mutex);
    return oldest;
}
