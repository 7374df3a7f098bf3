/* Shell patterns over text, as the `where` of a request has them. */
#ifndef NETVANE_SOCKETBUS_GLOB_H
#define NETVANE_SOCKETBUS_GLOB_H

#include <stdbool.h>

/*
 * `*` is any text, `?` one character of UTF-8, `[a-z]` and `[!a-z]` one byte of a set, and a
 * backslash takes its meaning from what follows. Time is at most the product of both lengths.
 */
bool vane_glob_match(const char *pattern, const char *text);

#endif
