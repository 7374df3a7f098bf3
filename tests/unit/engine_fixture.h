/*
 * An engine with nothing but a loop and what a test adds, and two plugins, alpha and beta. Waiting
 * is for a condition, with a deadline.
 */
#ifndef NETVANE_TESTS_ENGINE_FIXTURE_H
#define NETVANE_TESTS_ENGINE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "engine/engine.h"

struct fixture {
    struct vane_engine engine;
    struct vane_self alpha, beta;
    char *directory;
    GString *log; /* what was logged */
};

static inline void keep_log(void *user, uint32_t level, const char *subject, const char *message)
{
    g_string_append_printf(user, "%s: %s\n", subject, message);
}

static inline void fixture_start(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    assert_int_equal(uv_loop_init(&fixture->engine.loop), 0);
    fixture->engine.thread = uv_thread_self();
    fixture->alpha.name = (char *)(uintptr_t) "alpha";
    fixture->beta.name = (char *)(uintptr_t) "beta";
    fixture->alpha.engine = fixture->beta.engine = &fixture->engine;
    fixture->directory = g_dir_make_tmp("netvane-test-XXXXXX", NULL);
    assert_non_null(fixture->directory);
    fixture->log = g_string_new(NULL);
    vane_log_tap(keep_log, fixture->log);
}

static inline void fixture_revoke(struct vane_self *self)
{
    vane_ledger_revoke(&self->ledger, NULL);
    self->engine = NULL;
}

/* Everything must be revoked; fails when a handle stays open. */
static inline void fixture_stop(struct fixture *fixture)
{
    const char *name;
    GDir *files = g_dir_open(fixture->directory, 0, NULL);

    uv_run(&fixture->engine.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->engine.loop), 0);
    vane_log_tap(NULL, NULL);
    g_string_free(fixture->log, TRUE);
    while ((name = g_dir_read_name(files))) {
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL);

        unlink(path);
    }
    g_dir_close(files);
    rmdir(fixture->directory);
    g_free(fixture->directory);
}

static inline bool logged(const struct fixture *fixture, const char *text)
{
    return strstr(fixture->log->str, text) != NULL;
}

static inline void on_tick(uv_timer_t *timer)
{
}

/* Runs the loop until the condition holds; fails after 30 s. */
#define wait_for(fixture, condition)                                                               \
    do {                                                                                           \
        uint64_t end = uv_hrtime() + UINT64_C(30000000000);                                        \
        uv_timer_t tick;                                                                           \
        uv_timer_init(&(fixture)->engine.loop, &tick);                                             \
        uv_timer_start(&tick, on_tick, 5, 5);                                                      \
        while (!(condition) && uv_hrtime() < end)                                                  \
            uv_run(&(fixture)->engine.loop, UV_RUN_ONCE);                                          \
        uv_close((uv_handle_t *)&tick, NULL);                                                      \
        uv_run(&(fixture)->engine.loop, UV_RUN_NOWAIT);                                            \
        if (!(condition))                                                                          \
            fail_msg("never came: %s", #condition);                                                \
    } while (0)

/* A few turns of the loop, to see that something does not happen. */
static inline void turn(struct fixture *fixture)
{
    for (int i = 0; i < 10; i++)
        uv_run(&fixture->engine.loop, UV_RUN_NOWAIT);
}

#endif
