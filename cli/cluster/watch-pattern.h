/* Which signals are followed, and how one looks. Pure functions. */
#ifndef NETVANE_CLI_CLUSTER_WATCH_PATTERN_H
#define NETVANE_CLI_CLUSTER_WATCH_PATTERN_H

#include <stdbool.h>

#include "lib/keys/nkey.h"

/*
 * The subject for the signals of one machine (NULL: of all) from the objects that `pattern` means:
 * a path with slashes or dots, in which * is one part and > at the end is all that follows; NULL:
 * all. To be freed; NULL: it is no such pattern.
 */
char *vane_watch_subject(const char *nkey, const char *pattern);

/* The same for Netvane's own events, of which `pattern` is a topic. */
char *vane_watch_events_subject(const char *nkey, const char *pattern);

/* Whose event a subject is of; false: it is of none. */
bool vane_watch_event_nkey(const char *subject, char nkey[VANE_NKEY_LENGTH + 1]);

#endif
