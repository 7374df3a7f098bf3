/*
 * An engine's life: what is started after what, and the exact reverse. Each step is a function;
 * steps that take time come back through a callback.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "engine/commands/builtin.h"
#include "engine/commands/registry.h"
#include "engine/config/configuration.h"
#include "engine/configure.h"
#include "engine/configwatch.h"
#include "engine/control/control.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/identity.h"
#include "engine/links/table.h"
#include "engine/loop/loop.h"
#include "engine/notify.h"
#include "engine/operator.h"
#include "engine/plugins/quarantine.h"
#include "engine/plugins/set.h"
#include "engine/ports/ports.h"
#include "engine/services.h"
#include "engine/version.h"
#include "engine/watchdog.h"

/* ---- stop ---- */

static void on_plugins_stopped(void *user, int result, const char *errors)
{
    struct vane_engine *engine = user;

    (void)errors; /* each was logged where it happened */
    if (engine->result == 0)
        engine->result = result;
    vane_event_bus_flush(engine->bus);
    engine->phase = VANE_ENGINE_STOPPED;
    uv_stop(&engine->loop);
}

void vane_engine_stop_plugins(struct vane_engine *engine)
{
    GPtrArray *order = engine->plugins->order;

    for (guint i = order->len; i > 0; i--)
        vane_lifecycle_add(engine->plugins, VANE_STEP_SHUTDOWN, g_ptr_array_index(order, i - 1));
    vane_lifecycle_run(engine->plugins, on_plugins_stopped, engine);
}

void vane_engine_stop(struct vane_engine *engine)
{
    if (engine->phase == VANE_ENGINE_STOPPING || engine->phase == VANE_ENGINE_STOPPED)
        return;
    vane_notify_stopping();
    if (engine->ports)
        vane_port_table_quiesce(engine->ports);
    vane_info("engine", "shutting down");
    engine->phase = VANE_ENGINE_STOPPING;
    if (vane_lifecycle_busy(engine->plugins))
        vane_lifecycle_cancel(engine->plugins); /* its end begins the shutdown */
    else
        vane_engine_stop_plugins(engine);
}

/* ---- start ---- */

static void fail(struct vane_engine *engine, int error)
{
    engine->result = error;
    vane_engine_stop(engine);
}

static void publish_ready(struct vane_engine *engine, uint64_t milliseconds)
{
    const struct vane_field fields[] = {
        vane_string("version", vane_version()),
        vane_uint64("links", vane_link_table_count(engine->links)),
        vane_uint64("duration_ms", milliseconds),
    };
    const struct vane_fields list = VANE_FIELDS(fields);

    vane_event_bus_publish_fields(engine->bus, "engine.ready", &list, NULL);
}

static void on_plugins_started(void *user, int result, const char *errors)
{
    struct vane_engine *engine = user;
    uint64_t milliseconds = (vane_monotonic_ns() - engine->started_ns) / 1000000;
    g_autofree char *degraded = NULL;

    (void)errors;
    if (engine->phase == VANE_ENGINE_STOPPING) {
        vane_engine_stop_plugins(engine);
        return;
    }
    if (result < 0) {
        fail(engine, result);
        return;
    }
    engine->phase = VANE_ENGINE_RUNNING;
    vane_configuration_watch_update(engine);
    degraded = vane_plugin_set_degraded(engine->plugins);
    if (degraded)
        vane_warning("engine", "degraded: %s", degraded);
    vane_control_properties_changed(engine);
    vane_notify_ready(engine);
    publish_ready(engine, milliseconds);
    vane_info("engine", "ready after %" G_GUINT64_FORMAT " ms", milliseconds);
}

static void on_links_ready(void *user)
{
    struct vane_engine *engine = user;
    GPtrArray *order = engine->plugins->order;

    if (engine->phase != VANE_ENGINE_STARTING)
        return;
    for (guint i = 0; i < order->len; i++)
        vane_lifecycle_add(engine->plugins, VANE_STEP_INIT, g_ptr_array_index(order, i));
    vane_lifecycle_run(engine->plugins, on_plugins_started, engine);
}

/* Whoever may rename what is in it could put another socket or another key in our place. */
static const char *flaw_of(const struct stat *st)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return "it belongs to somebody else, who could replace what is in it (chown root)";
    if ((st->st_mode & S_IWOTH) && !(st->st_mode & S_ISVTX))
        return "everybody may replace what is in it (chmod o-w)";
    return NULL;
}

static int make_directory(const char *path, mode_t mode)
{
    const char *flaw;
    struct stat st;
    int r;

    if (g_mkdir_with_parents(path, mode) < 0 || stat(path, &st) < 0) {
        r = -errno;
        vane_error("engine", "cannot make directory %s: %s", path, g_strerror(-r));
        return r;
    }
    flaw = flaw_of(&st);
    if (flaw)
        vane_error("engine", "cannot use directory %s: %s", path, flaw);
    return flaw ? -EPERM : 0;
}

static int make_directories(const struct vane_engine_settings *settings)
{
    int r = make_directory(settings->runtime_directory, 0755);

    return r < 0 ? r : make_directory(settings->state_directory, 0755);
}

static int gate_check(void *user, const struct vane_self *asker,
                      const struct vane_gate_request *request, struct vane_verdict *verdict)
{
    return vane_gate_ask(user, asker ? asker->name : "commands", request, verdict);
}

static int start_commands(struct vane_engine *engine)
{
    int r = vane_command_registry_new(engine, &engine->commands);

    if (r < 0)
        return r;
    vane_command_registry_set_gate(engine->commands, gate_check, engine->gate);
    vane_configure_start(engine);
    engine->operator= vane_operator_new(engine);
    return vane_builtin_add(engine, engine->operator);
}

static int start_rooms(struct vane_engine *engine, const struct vane_engine_settings *settings)
{
    int r = vane_event_bus_new(&engine->loop, settings->event_history, &engine->bus);

    if (r == 0)
        r = vane_poster_start(engine);
    if (r == 0)
        r = vane_gatekeeper_new(engine, &engine->gate);
    if (r == 0)
        r = vane_service_registry_new(&engine->services);
    if (r == 0)
        r = vane_port_table_new(engine, &engine->ports);
    if (r == 0)
        r = start_commands(engine);
    if (r == 0)
        r = vane_identity_key_new(engine, settings->state_directory, settings->identity_key_file,
                                  &engine->identity);
    if (r == 0)
        r = vane_watchdog_start((uint64_t)MIN(settings->stall_warning, INT64_MAX / 1000) * 1000,
                                &engine->watchdog);
    return r;
}

static int start_control(struct vane_engine *engine, const struct vane_engine_settings *settings)
{
    g_autofree char *path = g_build_filename(settings->runtime_directory, "control", NULL);
    struct vane_control_settings control = {.socket_path = settings->control_socket ? path : NULL,
                                            .group = settings->control_group,
                                            .system_bus = settings->system_bus != VANE_NO,
                                            .host = engine->operator, };

    if (!settings->control_socket && settings->system_bus == VANE_NO)
        return 0;
    return vane_control_start(engine, &control);
}

static void record_crashes(const char *directory)
{
    int r = vane_crash_handler_install(directory);

    if (r == -EINVAL)
        vane_warning("engine",
                     "crashes cannot be recorded: %s/crashes is no regular file (remove it)",
                     directory);
    else if (r < 0)
        vane_notice("engine", "crashes cannot be recorded in %s/crashes: %s", directory,
                    g_strerror(-r));
}

static int start(struct vane_engine *engine)
{
    const struct vane_engine_settings *settings =
        vane_configuration_settings(engine->configuration);
    struct vane_link_options links = {
        .receive_buffer = (uint32_t)settings->netlink_buffer_size,
        .no_networkd = settings->networkd == VANE_NO,
    };
    int r = make_directories(settings);

    if (r == 0)
        record_crashes(settings->state_directory);
    if (r == 0)
        r = start_rooms(engine, settings);
    if (r == 0)
        r = vane_print_start(engine);
    if (r == 0)
        r = start_control(engine, settings);
    if (r == 0)
        r = vane_link_table_start(engine, &links, on_links_ready, engine);
    return r;
}

/* ---- signals ---- */

static const int handled_signals[] = {SIGTERM, SIGINT, SIGHUP};

static void on_reloaded(void *user, int result, const char *errors)
{
    g_auto(GStrv) lines = g_strsplit(errors, "\n", -1);

    (void)user;
    for (char **line = lines; result < 0 && *line; line++)
        vane_error("engine", "not reloaded: %s", *line);
}

static void on_signal(uv_signal_t *handle, int signal)
{
    struct vane_engine *engine = handle->data;

    if (signal == SIGHUP) {
        if (vane_engine_reload(engine, on_reloaded, engine) < 0)
            vane_warning("engine", "SIGHUP ignored: a start, stop or reload is under way");
    } else if (engine->phase == VANE_ENGINE_STOPPING && signal == SIGINT) {
        vane_warning("engine", "interrupted again; ending without waiting for plugins");
        _exit(EXIT_FAILURE);
    } else {
        vane_engine_stop(engine);
    }
}

static void start_signals(struct vane_engine *engine, uv_signal_t *handles)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(handled_signals); i++) {
        uv_signal_init(&engine->loop, &handles[i]);
        handles[i].data = engine;
        uv_signal_start(&handles[i], on_signal, handled_signals[i]);
    }
}

static void stop_signals(uv_signal_t *handles)
{
    for (size_t i = 0; i < G_N_ELEMENTS(handled_signals); i++)
        uv_close((uv_handle_t *)&handles[i], NULL);
}

/* ---- the whole ---- */

static void tear_down(struct vane_engine *engine)
{
    vane_configuration_watch_stop(engine);
    vane_link_table_stop(engine);
    vane_control_stop(engine);
    vane_subscription_free(g_steal_pointer(&engine->printer));
    vane_notify_stop(engine);
    vane_command_registry_free(g_steal_pointer(&engine->commands));
    g_clear_pointer(&engine->operator, g_free);
    vane_configure_stop(engine);
    vane_port_table_free(g_steal_pointer(&engine->ports));
    vane_service_registry_free(g_steal_pointer(&engine->services));
    vane_gatekeeper_free(g_steal_pointer(&engine->gate));
    vane_identity_key_free(g_steal_pointer(&engine->identity));
    vane_watchdog_stop(g_steal_pointer(&engine->watchdog));
    vane_poster_stop(engine);
    vane_event_bus_free(g_steal_pointer(&engine->bus));
    vane_crash_handler_remove();
}

/* A handle that is left open is a bug of ours; it must not keep the daemon from ending. */
static void close_loop(struct vane_engine *engine)
{
    for (unsigned turn = 0; turn < 100 && uv_loop_alive(&engine->loop); turn++)
        uv_run(&engine->loop, UV_RUN_NOWAIT);
    engine->abandoned = uv_loop_close(&engine->loop) == UV_EBUSY;
    if (engine->abandoned)
        vane_warning("engine", "something was still open on the loop at the end");
}

int vane_engine_run(struct vane_engine *engine)
{
    uv_signal_t signals[G_N_ELEMENTS(handled_signals)];
    int r;

    engine->started_ns = vane_monotonic_ns();
    engine->phase = VANE_ENGINE_STARTING;
    engine->result = 0;
    uv_loop_init(&engine->loop);
    start_signals(engine, signals);
    vane_notify_start(engine);
    r = start(engine);
    if (r == 0)
        uv_run(&engine->loop, UV_RUN_DEFAULT);
    else
        vane_error("engine", "cannot start: %s", g_strerror(-r));
    tear_down(engine);
    stop_signals(signals);
    close_loop(engine);
    return r < 0 ? r : engine->result;
}
