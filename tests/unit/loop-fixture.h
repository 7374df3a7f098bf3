/* An engine that has a loop and a poster only, and one plugin on it. */
#ifndef TESTS_UNIT_LOOP_FIXTURE_H
#define TESTS_UNIT_LOOP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "engine/loop/loop.h"

static const struct vane_loop *const loop = &vane_loop_table;

struct fixture {
    struct vane_engine engine;
    struct vane_self self;
    GString *heard; /* what callbacks said, in order, with spaces */
};

static struct fixture *fixture; /* for callbacks */

static inline void hear(const char *word)
{
    g_string_append_printf(fixture->heard, "%s%s", fixture->heard->len ? " " : "", word);
}

static inline int setup(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);

    fixture = f;
    f->heard = g_string_new(NULL);
    uv_loop_init(&f->engine.loop);
    f->engine.thread = uv_thread_self();
    f->self.name = (char *)"test";
    f->self.engine = &f->engine;
    *state = f;
    if (vane_poster_start(&f->engine) < 0)
        return -1;
    vane_poster_admit(&f->self);
    return 0;
}

/* What the host does after a plugin's shutdown. */
static inline unsigned revoke_all(struct fixture *f)
{
    vane_poster_dismiss(&f->self);
    return vane_ledger_revoke(&f->self.ledger, NULL);
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    revoke_all(f);
    vane_poster_stop(&f->engine);
    uv_run(&f->engine.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->engine.loop), 0);
    g_string_free(f->heard, TRUE);
    g_free(f);
    return 0;
}

/* Runs the loop until `heard` is at least this long, for 20 s at most. */
static inline void run_until_heard(struct fixture *f, const char *expected)
{
    uint64_t deadline = vane_monotonic_ns() + 20000000000u;

    while (f->heard->len < strlen(expected) && vane_monotonic_ns() < deadline) {
        uv_run(&f->engine.loop, UV_RUN_NOWAIT);
        g_usleep(200);
    }
    assert_string_equal(f->heard->str, expected);
}

/* Runs the loop for a while, for what must not happen. */
static inline void run_for(struct fixture *f, uint64_t milliseconds)
{
    uint64_t end = vane_monotonic_ns() + milliseconds * 1000000u;

    while (vane_monotonic_ns() < end) {
        uv_run(&f->engine.loop, UV_RUN_NOWAIT);
        g_usleep(200);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
