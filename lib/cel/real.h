/* Doubles as texts in expressions: the shortest that reads back, without an exponent as long as
 * that is short. */
#ifndef NETVANE_LIB_CEL_REAL_H
#define NETVANE_LIB_CEL_REAL_H

#include <stdbool.h>
#include <stddef.h>

#define VANE_CEL_REAL_TEXT 64

size_t vane_cel_real_format(double number, char text[VANE_CEL_REAL_TEXT]);

/* Decimal, "NaN", "Infinity" and the like; false for anything else. */
bool vane_cel_real_parse(const char *text, size_t len, double *number);

#endif
