/* Doubles as JSON text, independent of the locale. */
#ifndef NETVANE_LIB_JSON_DOUBLE_H
#define NETVANE_LIB_JSON_DOUBLE_H

#include <stddef.h>

#define VANE_JSON_DOUBLE_SIZE 32

/*
 * Writes `number` with as few digits as read back to the same double, and returns the length; there
 * is no NUL. "null" for what JSON has no word for.
 */
size_t vane_json_format_double(double number, char text[VANE_JSON_DOUBLE_SIZE]);

#endif
