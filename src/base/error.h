/* Filling in a struct errand_error. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <errand/context.h>

/* Writes the sentence, cut at its end where it is too long; err may be NULL. Always returns -1. */
int error_set(struct errand_error *err, const char *format, ...) ERRAND_PRINTF(2, 3);
/* Puts "prefix: " before the sentence that err holds. Always returns -1. */
int error_prefix(struct errand_error *err, const char *format, ...) ERRAND_PRINTF(2, 3);

#endif
