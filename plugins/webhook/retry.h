/*
 * What an answer means, and when to try again: the rules of Standard Webhooks 1.0. Pure functions;
 * time is in milliseconds.
 */
#ifndef NETVANE_WEBHOOK_RETRY_H
#define NETVANE_WEBHOOK_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum vane_verdict_kind {
    VANE_DELIVERED,
    VANE_RETRY,     /* after a while, and it counts as an attempt */
    VANE_PATIENCE,  /* 429: after a while, and it does not */
    VANE_TOO_LARGE, /* 413: with less at once; dead if there was but one */
    VANE_DEAD,      /* the receiver will not have it: to the dead letters */
    VANE_GONE,      /* 410: the endpoint is to be disabled */
};

/* What a final HTTP status means; 0: there was none (no connection, a timeout, no HTTP). */
enum vane_verdict_kind vane_retry_verdict(long status);

/*
 * The value of Retry-After (RFC 9110 section 10.2.3), seconds or a date, as milliseconds from
 * `now`; at most a day. -EINVAL: it is neither.
 */
int64_t vane_retry_after(const char *value, size_t length, time_t now);

/*
 * How long to wait after the attempt with this number (from 1) has failed. `asked_ms` is what
 * Retry-After said, negative: nothing; it makes it later, never sooner, as the attempts would be
 * used up in no time. `random` is any number, for the jitter: up to a tenth later.
 */
int64_t vane_retry_delay(unsigned attempt, int64_t asked_ms, uint32_t random);

/* The same after so many answers 429 in a row, which are no attempts: as long as was asked for. */
int64_t vane_retry_patience(unsigned answers, int64_t asked_ms, uint32_t random);

/* No delay is longer: a day and a tenth. */
#define VANE_RETRY_LONGEST_MS INT64_C(95040000)

/* A circuit breaker: so many failures in a row open it, then one attempt may probe. */
#define VANE_BREAKER_FAILURES 5u
#define VANE_BREAKER_OPEN_MS  30000

struct vane_breaker {
    unsigned failures; /* in a row */
};

/* Notes an outcome. True: the breaker has opened, or has stayed open after a probe. */
bool vane_breaker_note(struct vane_breaker *breaker, bool worked);

static inline bool vane_breaker_open(const struct vane_breaker *breaker)
{
    return breaker->failures >= VANE_BREAKER_FAILURES;
}

#endif
