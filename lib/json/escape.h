/* Undoing the escapes of JSON strings. */
#ifndef NETVANE_LIB_JSON_ESCAPE_H
#define NETVANE_LIB_JSON_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Four hexadecimal digits at `at`; false if there are fewer before `end`. */
bool vane_json_hex4(const char *at, const char *end, uint32_t *unit);

/*
 * Decodes what stands between the quotes of a string that the scanner has accepted. `out` has room
 * for `len` bytes: the text never becomes longer. Returns the length.
 */
size_t vane_json_unescape(const char *at, size_t len, char *out);

#endif
