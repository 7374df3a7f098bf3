/* An engine with a bus, commands and a control server, and clients on the same loop. */
#ifndef NETVANE_TESTS_CONTROL_FIXTURE_H
#define NETVANE_TESTS_CONTROL_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <systemd/sd-bus.h>

#include "engine/commands/builtin.h"
#include "engine/control/control.h"
#include "engine/engine.h"
#include "lib/array.h"

struct fixture {
    struct vane_engine engine;
    char directory[64];
    char path[96];
};

static const char *fake_version(void *user)
{
    return "9.8.7";
}

static const struct vane_plugin fake_plugin = {.version = "1.5", .description = "it is acme"};

static int fake_plugins(void *user, unsigned index, struct vane_plugin_status *status)
{
    if (index > 0)
        return -ENOENT;
    *status = (struct vane_plugin_status){
        .name = "acme", .state = "running", .path = "/x/acme.so", .descriptor = &fake_plugin};
    return 0;
}

static char *fake_degraded(void *user)
{
    return g_strdup("plugin a is refused; plugin b is failed");
}

static const struct vane_builtin_host fake_host = {
    .version = fake_version, .plugin = fake_plugins, .degraded = fake_degraded};

static inline void start(struct fixture *fixture, unsigned auth_timeout_ms)
{
    const struct vane_control_settings settings = {
        .socket_path = fixture->path, .auth_timeout_ms = auth_timeout_ms, .host = &fake_host};

    assert_int_equal(vane_event_bus_new(&fixture->engine.loop, 512, &fixture->engine.bus), 0);
    assert_int_equal(vane_command_registry_new(&fixture->engine, &fixture->engine.commands), 0);
    assert_int_equal(vane_builtin_add(&fixture->engine, &fake_host), 0);
    assert_int_equal(vane_control_start(&fixture->engine, &settings), 0);
}

static inline void stop(struct fixture *fixture)
{
    vane_control_stop(&fixture->engine);
    vane_command_registry_free(fixture->engine.commands);
    vane_event_bus_free(fixture->engine.bus);
    uv_run(&fixture->engine.loop, UV_RUN_DEFAULT);
}

static inline int setup(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    strcpy(fixture->directory, "/tmp/netvane-control-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof(fixture->path), "%s/control", fixture->directory);
    uv_loop_init(&fixture->engine.loop);
    fixture->engine.thread = uv_thread_self();
    start(fixture, 0);
    *state = fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;

    stop(fixture);
    assert_int_equal(uv_loop_close(&fixture->engine.loop), 0);
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(rmdir(fixture->directory), 0);
    g_free(fixture);
    return 0;
}

/* Turns the loop until the condition holds, for 20 s at most. */
#define PUMP_UNTIL(fixture, condition)                                                             \
    do {                                                                                           \
        gint64 deadline_ = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;                           \
        bool met_;                                                                                 \
        while (!(met_ = (condition)) && g_get_monotonic_time() < deadline_)                        \
            uv_run(&(fixture)->engine.loop, UV_RUN_NOWAIT);                                        \
        assert_true(met_);                                                                         \
    } while (0)

static inline int dial(const struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    strcpy(address.sun_path, fixture->path);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* A client that says Hello as on a message bus, unless it is a plain peer. */
static inline sd_bus *client_new(struct fixture *fixture, bool says_hello)
{
    sd_bus *bus;
    int fd = dial(fixture);

    assert_true(sd_bus_new(&bus) >= 0);
    assert_true(sd_bus_set_fd(bus, fd, fd) >= 0);
    assert_true(sd_bus_set_bus_client(bus, says_hello) >= 0);
    assert_true(sd_bus_start(bus) >= 0);
    return bus;
}

static inline bool process(sd_bus *bus)
{
    int r;

    do {
        r = sd_bus_process(bus, NULL);
    } while (r > 0);
    return r >= 0;
}

static inline int keep_reply(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    *(sd_bus_message **)userdata = sd_bus_message_ref(message);
    return 1;
}

/* Calls a method and returns the reply, to be unreferenced. */
static inline sd_bus_message *call(struct fixture *fixture, sd_bus *bus, sd_bus_message *method)
{
    sd_bus_message *reply = NULL;

    assert_true(sd_bus_call_async(bus, NULL, method, keep_reply, &reply, 5000000) >= 0);
    sd_bus_message_unref(method);
    PUMP_UNTIL(fixture, !process(bus) || reply);
    return reply;
}

static inline sd_bus_message *new_call(sd_bus *bus, const char *path, const char *interface,
                                       const char *member)
{
    sd_bus_message *message;

    assert_true(sd_bus_message_new_method_call(bus, &message, VANE_CONTROL_NAME, path, interface,
                                               member) >= 0);
    return message;
}

static inline sd_bus_message *manager_call(sd_bus *bus, const char *member, const char *words)
{
    sd_bus_message *message = new_call(bus, VANE_CONTROL_PATH, VANE_CONTROL_INTERFACE, member);
    g_auto(GStrv) list = g_strsplit(words, " ", -1);

    assert_true(sd_bus_message_append_strv(message, list) >= 0);
    return message;
}

static inline void publish(struct fixture *fixture, const char *topic)
{
    assert_int_equal(vane_event_bus_publish_fields(fixture->engine.bus, topic, NULL, NULL), 0);
}

#endif
