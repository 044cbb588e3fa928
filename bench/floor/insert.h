#ifndef FLOOR_INSERT_H
#define FLOOR_INSERT_H

struct floor_insert {
    const char *url, *table;
    long count, gap_us;
};

void floor_insert(const struct floor_insert *insert);

#endif
