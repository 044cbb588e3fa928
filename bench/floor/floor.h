/* What the floor programs share. A floor does the statements of one benchmark with nothing around them, so that the
   engine's number can be read as a share of what the database gives on this machine. Each prints one JSON object. */
#ifndef FLOOR_FLOOR_H
#define FLOOR_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC: comparable between processes of one machine. */
int64_t floor_now_us(void);
void floor_sleep_us(int64_t us);
/* Prints "floor: sentence" and exits 1. */
_Noreturn void floor_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
long floor_number(const char *text);
bool floor_is_postgres(const char *url);
/* The path in sqlite:PATH. */
const char *floor_sqlite_path(const char *url);

/* Durations, for percentiles. */
struct floor_samples {
    int64_t *us; /* owned */
    size_t count, capacity;
};
void floor_sample(struct floor_samples *samples, int64_t us);
/* share 0.5 is the median; sorts. 0 where there are none. */
int64_t floor_percentile(struct floor_samples *samples, double share);
/* "name_p50_us": .., "name_p99_us": .. (no braces). */
void floor_print_samples(const char *name, struct floor_samples *samples);

/* Runs fn(arg, index) in `count` child processes at once; returns the microseconds from the moment all of them were
   ready to the end of the last. fn calls ready() when its connection is up. Exits 1 if one fails. */
struct floor_gate;
int64_t floor_run_processes(int count, void (*fn)(struct floor_gate *gate, int index, void *arg), void *arg);
void floor_gate_wait(struct floor_gate *gate);

#endif
