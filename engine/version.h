/* What was built, from which commit, and when. */
#ifndef NETVANE_ENGINE_VERSION_H
#define NETVANE_ENGINE_VERSION_H

const char *vane_version(void);
const char *vane_commit(void);     /* empty: unknown */
const char *vane_build_time(void); /* RFC 3339 UTC; empty: unknown */

#endif
