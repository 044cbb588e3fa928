/* Clocks, samples and processes for the floor programs. */
#include "floor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t floor_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

void floor_sleep_us(int64_t us)
{
    struct timespec left = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
    while (nanosleep(&left, &left) == -1 && errno == EINTR)
        ;
}

void floor_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("floor: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

long floor_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < 0)
        floor_die("'%s' is not a number", text);
    return number;
}

bool floor_is_postgres(const char *url)
{
    return strncmp(url, "postgres", 8) == 0;
}

const char *floor_sqlite_path(const char *url)
{
    return strncmp(url, "sqlite:", 7) == 0 ? url + 7 : url;
}

void floor_sample(struct floor_samples *samples, int64_t us)
{
    if (samples->count == samples->capacity) {
        samples->capacity = samples->capacity ? samples->capacity * 2 : 1024;
        samples->us = realloc(samples->us, samples->capacity * sizeof(samples->us[0]));
        if (!samples->us)
            floor_die("out of memory");
    }
    samples->us[samples->count++] = us;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

int64_t floor_percentile(struct floor_samples *samples, double share)
{
    if (samples->count == 0)
        return 0;
    qsort(samples->us, samples->count, sizeof(samples->us[0]), compare);
    size_t index = (size_t)(share * (double)samples->count);
    return samples->us[index < samples->count ? index : samples->count - 1];
}

void floor_print_samples(const char *name, struct floor_samples *samples)
{
    printf("\"%s_p50_us\": %lld, \"%s_p99_us\": %lld", name, (long long)floor_percentile(samples, 0.5), name,
           (long long)floor_percentile(samples, 0.99));
}

struct floor_gate {
    int ready; /* a byte is written to it by each child */
    int open;  /* end of file when all may start */
};

void floor_gate_wait(struct floor_gate *gate)
{
    char byte = 1;
    if (write(gate->ready, &byte, 1) != 1)
        floor_die("cannot tell that this process is ready: %s", strerror(errno));
    close(gate->ready);
    while (read(gate->open, &byte, 1) == -1 && errno == EINTR)
        ;
}

static void await_ready(int fd, int count)
{
    char byte;
    for (int i = 0; i < count; i++)
        if (read(fd, &byte, 1) != 1)
            floor_die("a process ended before it was ready");
}

int64_t floor_run_processes(int count, void (*fn)(struct floor_gate *gate, int index, void *arg), void *arg)
{
    int ready[2], open[2];
    if (pipe(ready) || pipe(open))
        floor_die("no pipe: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == -1)
            floor_die("no process: %s", strerror(errno));
        if (pid == 0) {
            close(ready[0]);
            close(open[1]);
            fn(&(struct floor_gate){ .ready = ready[1], .open = open[0] }, i, arg);
            _exit(0);
        }
    }
    close(ready[1]);
    close(open[0]);
    await_ready(ready[0], count);
    int64_t start = floor_now_us();
    close(open[1]);
    for (int i = 0; i < count; i++) {
        int status;
        if (wait(&status) == -1 || status != 0)
            floor_die("a process failed");
    }
    close(ready[0]);
    return floor_now_us() - start;
}
