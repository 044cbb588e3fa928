/* naps PROCESSES NAPS MICROSECONDS: that many bare processes, each taking its share of the naps one after the other. */
#include "floor.h"

#include <stdio.h>

struct naps {
    long each, us;
};

static void nap(struct floor_gate *gate, int index, void *arg)
{
    const struct naps *naps = arg;
    (void)index;
    floor_gate_wait(gate);
    for (long i = 0; i < naps->each; i++)
        floor_sleep_us(naps->us);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        floor_die("usage: naps PROCESSES NAPS MICROSECONDS");
    int processes = (int)floor_number(argv[1]);
    struct naps naps = { .each = floor_number(argv[2]) / processes, .us = floor_number(argv[3]) };
    int64_t us = floor_run_processes(processes, nap, &naps);
    long total = naps.each * processes;
    printf("{\"jobs\": %ld, \"us\": %lld, \"per_s\": %.0f}\n", total, (long long)us, (double)total * 1e6 / (double)us);
    return 0;
}
