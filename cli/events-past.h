/* Events that have been: from the journal when there is one, else those that the daemon keeps. */
#ifndef NETVANE_CLI_EVENTS_PAST_H
#define NETVANE_CLI_EVENTS_PAST_H

#include "cli/cli.h"
#include "lib/json/reader.h"

struct vane_events_wanted {
    const char *since;          /* NULL: nothing of the past */
    const char *interface_name; /* NULL: of any */
    GPtrArray *patterns;        /* of const char *, ends with NULL */
    bool follow;
};

/*
 * Calls `each` for each event, oldest first. `*row`, NULL at first and to be freed with g_free(),
 * is where the journal was left: called again, it goes on there. It stays NULL without a journal.
 * Returns an exit status; on failure says why.
 */
int vane_events_past(struct vane_cli *cli, const struct vane_events_wanted *wanted, char **row,
                     void (*each)(void *user, struct vane_json_view event), void *user);

bool vane_events_of_interface(const struct vane_events_wanted *wanted, struct vane_json_view event);

#endif
