/* Text of unknown origin, made fit for a line of a log or a terminal. */
#ifndef NETVANE_LIB_TEXT_PRINTABLE_H
#define NETVANE_LIB_TEXT_PRINTABLE_H

#include <stddef.h>

/*
 * A copy on one line that cannot steer a terminal or forge a log entry: control characters (C0,
 * DEL, C1), line and paragraph separators, marks that turn the direction of writing, and bytes that
 * are no UTF-8 become \n, \t, \r or \xNN. Everything else stays, backslashes included. To be freed
 * with g_free().
 */
char *vane_text_printable(const char *bytes, size_t len);

#endif
