/*
 * One question to many machines: who has answered, who is still to, and when it is over. That is
 * when all who are expected have answered; when it is not known who else there is, not before a
 * stall time after the last news (NATS ADR-47); and in no case after the deadline. Pure: it is told
 * what came and what time it is, in milliseconds of any clock that only goes forward.
 */
#ifndef NETVANE_CLI_CLUSTER_GATHER_H
#define NETVANE_CLI_CLUSTER_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

struct vane_gather;

enum vane_gather_news {
    VANE_GATHER_FIRST,   /* this machine's answer */
    VANE_GATHER_BETTER,  /* it came before, but unproven; this one takes its place */
    VANE_GATHER_AGAIN,   /* a machine that answers twice */
    VANE_GATHER_UNASKED, /* a machine that was not asked */
};

struct vane_gather_plan {
    const GPtrArray *expected; /* NKeys, of char *; NULL: more may be */
    bool only_expected;        /* nobody else was asked */
    int64_t timeout_ms, stall_ms;
};

struct vane_gather *vane_gather_new(const struct vane_gather_plan *plan, int64_t now_ms);
void vane_gather_free(struct vane_gather *gather);

/* An answer by the one with this NKey; `proven`: his signature says so. */
enum vane_gather_news vane_gather_take(struct vane_gather *gather, const char *nkey, bool proven,
                                       int64_t now_ms);

/* There is this machine, too: it was asked, and is to answer. */
void vane_gather_expect(struct vane_gather *gather, const char *nkey, int64_t now_ms);

/* It is known by now who there is: nobody else is waited for. */
void vane_gather_complete(struct vane_gather *gather);

/* Nothing will come from this one. */
void vane_gather_absent(struct vane_gather *gather, const char *nkey);

/* Held: it may still become known who else there is, so that it is not over before the deadline. */
void vane_gather_hold(struct vane_gather *gather, bool held);

/* How long to wait for the next answer; 0: it is over. */
int64_t vane_gather_wait(const struct vane_gather *gather, int64_t now_ms);

/* The NKeys of those who were expected and have not answered, sorted: of char *, owned. */
GPtrArray *vane_gather_silent(const struct vane_gather *gather);

#endif
