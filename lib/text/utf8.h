/* Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef NETVANE_LIB_TEXT_UTF8_H
#define NETVANE_LIB_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the sequence at `at`, of which `left` (at least 1) bytes exist. Returns its length and
 * sets *codepoint; or minus the length of the maximal ill-formed subsequence (Unicode 15,
 * section 3.9), which is what one U+FFFD stands for.
 */
int vane_utf8_decode(const char *at, size_t left, uint32_t *codepoint);

/* Writes the 1 to 4 bytes of a Unicode scalar value to `out` and returns how many. */
size_t vane_utf8_encode(uint32_t codepoint, char *out);

bool vane_utf8_valid(const char *text, size_t len);

#endif
