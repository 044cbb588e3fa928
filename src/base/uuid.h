/* Random bytes and uuids. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <errand/value.h>

/* From the kernel; cannot fail on the systems we support. */
void random_bytes(void *data, size_t size);
/* 16 bytes as 8-4-4-4-12 hexadecimal digits. */
errand_uuid uuid_from_bytes(const unsigned char bytes[16]);
/* Accepts what PostgreSQL prints, upper case too, and gives it in lower case. 0, or -1. */
int uuid_parse(const char *text, errand_uuid *uuid);

#endif
