/* Which signals are followed, and how one looks. Pure functions. */
#ifndef NETVANE_CLI_CLUSTER_WATCH_PATTERN_H
#define NETVANE_CLI_CLUSTER_WATCH_PATTERN_H

/*
 * The subject for the signals of one machine (NULL: of all) from the objects that `pattern` means:
 * a path with slashes or dots, in which * is one part and > at the end is all that follows; NULL:
 * all. To be freed; NULL: it is no such pattern.
 */
char *vane_watch_subject(const char *nkey, const char *pattern);

#endif
