/* Time spans: as systemd.time(7) writes them in, and as people read them out. */
#ifndef NETVANE_LIB_TEXT_SPAN_H
#define NETVANE_LIB_TEXT_SPAN_H

#include <stdint.h>

#define VANE_SPAN_INFINITY UINT64_MAX

/*
 * "90s", "1min 30s", "1.5h", "500ms", a bare number for seconds, "infinity": microseconds.
 * -EINVAL for what is no span, -ERANGE for one that is negative or does not fit.
 */
int vane_text_parse_span(const char *text, uint64_t *usec);

/* "850 us", "80 ms", "1.5 s", "1 min 30 s", "2 h 5 min", "3 d 4 h": rounded down. To be freed with
 * g_free(). */
char *vane_text_format_span(uint64_t usec);

#endif
