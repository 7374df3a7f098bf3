/* An event as CloudEvents 1.0 has it in JSON, for everybody who sends events away. */
#ifndef NETVANE_LIB_CLOUDEVENT_H
#define NETVANE_LIB_CLOUDEVENT_H

#include <stddef.h>

/*
 * `json` is an event as the bus renders it, or one that passed the scanner. Gives one object
 * without a newline, to be freed with g_free(), or NULL when it is no event. The members:
 * specversion, id
 * ("<epoch>-<seq>", unique whatever the source), source, type ("org.netvane." and the topic), time,
 * subject (the interface, if there is one), datacontenttype, the extensions seq and cause, and
 * data, which is the payload.
 */
char *vane_cloudevent(const char *json, size_t length, const char *source, size_t *out_length);

/* "/netvane/HOSTNAME": the source of this machine's events. To be freed with g_free(). */
char *vane_cloudevent_source(void);

#endif
