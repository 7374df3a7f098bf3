/* Timestamps and durations: as texts, in time zones, added and subtracted. For lib/cel alone. */
#ifndef NETVANE_LIB_CEL_TIME_H
#define NETVANE_LIB_CEL_TIME_H

#include <time.h>

#include "lib/cel/scratch.h"

#define VANE_CEL_TIME_TEXT 48

/* RFC 3339, within the years 1 to 9999. */
bool vane_cel_timestamp_parse(const char *text, size_t len, struct vane_cel_value *timestamp);
/* In UTC, with as many digits behind the second as it has, up to nine. Returns the length. */
size_t vane_cel_timestamp_format(struct vane_cel_value timestamp, char text[VANE_CEL_TIME_TEXT]);

bool vane_cel_timestamp_in_range(int64_t seconds);

/* "1h30m", "-1.5s", "100ms", "0". */
bool vane_cel_duration_parse(const char *text, size_t len, struct vane_cel_value *duration);
/* "5400s", "-1.5s". */
size_t vane_cel_duration_format(struct vane_cel_value duration, char text[VANE_CEL_TIME_TEXT]);

/* Calendar and clock at a place: "UTC", "Europe/Berlin", "+01:00", "01:00". False if there is no
 * such place, or the scratch is exhausted. */
bool vane_cel_local_time(struct vane_cel_scratch *scratch, struct vane_cel_value timestamp,
                         const char *zone, size_t len, struct tm *local);

/* a + b or a - b when at least one is a time; VANE_CEL_ABSENT if these two do not go together. */
struct vane_cel_value vane_cel_time_shift(const struct vane_cel_node *node,
                                          struct vane_cel_scratch *scratch, struct vane_cel_value a,
                                          struct vane_cel_value b, bool add);

#endif
