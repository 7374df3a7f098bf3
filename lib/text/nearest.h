/* "Did you mean ...?" */
#ifndef NETVANE_LIB_TEXT_NEAREST_H
#define NETVANE_LIB_TEXT_NEAREST_H

#include <stddef.h>

/*
 * How many letters must be inserted, removed, replaced or swapped with their neighbour to get from
 * `a` to `b`, upper and lower case being the same. Texts over 64 bytes count as entirely different.
 */
size_t vane_text_edit_distance(const char *a, const char *b);

/*
 * The one of `names` that somebody who typed `name` most likely meant, the first one among equals;
 * NULL if none is close: about one mistake in three letters. `names` may hold NULL pointers, which
 * are passed over.
 */
const char *vane_text_nearest(const char *name, const char *const *names, size_t count);

#endif
