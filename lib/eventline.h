/*
 * One event as one line for people: what netvaned prints with PrintEvents= and what
 * `netvane events` shows.
 */
#ifndef NETVANE_LIB_EVENTLINE_H
#define NETVANE_LIB_EVENTLINE_H

#include <stddef.h>

/*
 * `json` is an event that was rendered by the engine or passed the scanner. The line has no
 * newline, and nothing in it can steer a terminal. To be freed with g_free(). A text that is no
 * event gives that text, made printable.
 */
char *vane_eventline(const char *json, size_t length);

/* Only what happened, without time, topic and interface: for a cell of a table. Empty for a text
 * that is no event. To be freed with g_free(). */
char *vane_eventline_details(const char *json, size_t length);

#endif
