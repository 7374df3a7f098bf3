/* Integers, sizes and truth values as people write them in configuration and on command lines. */
#ifndef NETVANE_LIB_TEXT_NUMBER_H
#define NETVANE_LIB_TEXT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Decimal digits and nothing else, for signed ones after an optional minus: no space, no plus, no
 * leading zero. -EINVAL for anything else, -ERANGE for what lies outside the bounds, which are
 * allowed themselves.
 */
int vane_text_parse_int64(const char *text, int64_t min, int64_t max, int64_t *number);
int vane_text_parse_uint64(const char *text, uint64_t min, uint64_t max, uint64_t *number);

/* Bytes, or with K, M, G, T (also in lower case) multiples of 1024. -EINVAL, or -ERANGE beyond 64
 * bits. */
int vane_text_parse_size(const char *text, uint64_t *bytes);

/* 1 yes y true t on, 0 no n false f off, in any case. -EINVAL for anything else. */
int vane_text_parse_bool(const char *text, bool *truth);

#endif
