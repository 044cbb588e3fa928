/* insert URL TABLE COUNT GAP_US: see insert.c. */
#include "floor.h"
#include "insert.h"

int main(int argc, char **argv)
{
    if (argc != 5)
        floor_die("usage: insert URL TABLE COUNT GAP_US");
    floor_insert(&(struct floor_insert){
        .url = argv[1], .table = argv[2], .count = floor_number(argv[3]), .gap_us = floor_number(argv[4]) });
    return 0;
}
