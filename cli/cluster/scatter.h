/* One request to many machines over NATS, and their answers. */
#ifndef NETVANE_CLI_CLUSTER_SCATTER_H
#define NETVANE_CLI_CLUSTER_SCATTER_H

#include "cli/cluster/answers.h"
#include "cli/cluster/roster.h"
#include "cli/cluster/session.h"

/* Where it goes: to all under one subject, or to some, each under its own. */
struct vane_scatter {
    const char *body;
    const char *call_header;                              /* NULL: none */
    bool variants;                                        /* with their signatures */
    char *(*subject)(const void *user, const char *nkey); /* NULL: all. To be freed */
    const void *user;
    int64_t timeout_ms;
};

struct vane_gathered {
    GPtrArray *answers; /* of struct vane_answer, sorted */
    GPtrArray *silent;  /* NKeys of those who said nothing, of char * */
    bool nobody;        /* there is nobody who could have answered */
};

void vane_gathered_clear(struct vane_gathered *gathered);

/* Asks the machines of `targets` and waits for them; where that is all of them, adds who says that
 * it is there to the targets' roster. An exit status: DONE when the request went out
 * and the wait has ended, whoever answered. On failure says why. */
int vane_scatter(struct vane_session *session, const struct vane_scatter *scatter,
                 struct vane_targets *targets, struct vane_gathered *gathered);

#endif
