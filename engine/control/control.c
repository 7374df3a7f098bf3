/* Start, stop and housekeeping of the control server. See control.h. */
#include "engine/control/control.h"

#include <stdarg.h>

#include "engine/control/internal.h"
#include "engine/log.h"

#define TICK_MS              250u
#define COMPLAINTS_MAX       10u
#define COMPLAINTS_WINDOW_MS 10000u

void vane_control_handle_closed(struct vane_control *control)
{
    if (--control->handles > 0)
        return;
    g_free(control->socket_path);
    g_free(control->group_name);
    g_free(control);
}

static void on_closed(uv_handle_t *handle)
{
    vane_control_handle_closed(handle->data);
}

void vane_control_complain(struct vane_control *control, const char *format, ...)
{
    uint64_t now = uv_now(&control->engine->loop);
    g_autofree char *message = NULL;
    va_list arguments;

    if (control->complaints == 0 || now - control->complaints_since >= COMPLAINTS_WINDOW_MS) {
        if (control->complaints > COMPLAINTS_MAX)
            vane_warning("control", "%u more complaints about clients were not logged",
                         control->complaints - COMPLAINTS_MAX);
        control->complaints = 0;
        control->complaints_since = now;
    }
    if (++control->complaints > COMPLAINTS_MAX)
        return;
    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vane_warning("control", "%s", message);
}

static void on_tick(uv_timer_t *timer)
{
    struct vane_control *control = timer->data;
    uint64_t now = uv_now(timer->loop);
    bool busy = false;

    if (control->paused)
        vane_listener_resume(control);
    for (GList *at = control->clients.head, *next; at; at = next) {
        next = at->next;
        busy |= vane_client_authenticating(at->data, now);
    }
    if (!busy && !control->paused)
        uv_timer_stop(timer);
}

void vane_control_tick_start(struct vane_control *control)
{
    if (!uv_is_active((uv_handle_t *)&control->tick))
        uv_timer_start(&control->tick, on_tick, TICK_MS, TICK_MS);
}

static int on_change(void *user, const struct vane_event *event)
{
    struct vane_control *control = user;

    vane_control_properties_changed(control->engine);
    return 0;
}

static int watch_changes(struct vane_control *control)
{
    const struct vane_subscribe options = {.size = sizeof(options), .queue_length = 64};

    return vane_event_bus_subscribe(control->engine->bus, NULL, "plugin.> config.>", &options,
                                    on_change, control, &control->changes);
}

bool vane_control_privileged(struct vane_control *control,
                             const struct vane_credentials *credentials)
{
    if (vane_access_is_owner(credentials))
        return true;
    return vane_access_privileged(credentials, (gid_t)vane_group_id(&control->group));
}

static struct vane_control *control_new(struct vane_engine *engine,
                                        const struct vane_control_settings *settings)
{
    struct vane_control *control = g_new0(struct vane_control, 1);

    control->engine = engine;
    control->host = settings->host;
    control->socket_path = g_strdup(settings->socket_path);
    control->group_name = g_strdup(settings->group ? settings->group : "netvane");
    control->group.name = control->group_name;
    control->max_clients = settings->max_clients ? settings->max_clients : 256;
    control->max_clients_per_uid =
        settings->max_clients_per_uid ? settings->max_clients_per_uid : 64;
    control->auth_timeout_ms = settings->auth_timeout_ms ? settings->auth_timeout_ms : 5000;
    control->listener = -1;
    sd_id128_randomize(&control->id);
    uv_timer_init(&engine->loop, &control->tick);
    uv_idle_init(&engine->loop, &control->backlog);
    control->tick.data = control->backlog.data = control;
    control->handles = 2;
    return control;
}

static int start_all(struct vane_control *control, bool system_bus)
{
    int r = watch_changes(control);

    if (r >= 0 && control->socket_path)
        r = vane_listener_start(control);
    if (r >= 0 && system_bus)
        r = vane_system_start(control);
    return r;
}

int vane_control_start(struct vane_engine *engine, const struct vane_control_settings *settings)
{
    int r;

    engine->control = control_new(engine, settings);
    r = start_all(engine->control, settings->system_bus);
    if (r < 0)
        vane_control_stop(engine);
    return r;
}

void vane_control_stop(struct vane_engine *engine)
{
    struct vane_control *control = engine->control;

    if (!control)
        return;
    engine->control = NULL;
    vane_listener_stop(control);
    vane_system_stop(control);
    for (GList *at = control->clients.head, *next; at; at = next) {
        next = at->next;
        vane_client_close(at->data);
    }
    if (control->changes)
        vane_subscription_free(control->changes);
    uv_close((uv_handle_t *)&control->tick, on_closed);
    uv_close((uv_handle_t *)&control->backlog, on_closed);
}

void vane_control_properties_changed(struct vane_engine *engine)
{
    if (!engine->control)
        return;
    for (GList *at = engine->control->clients.head; at; at = at->next) {
        struct vane_peer *peer = vane_client_peer(at->data);

        if (!peer->listening || vane_peer_full(peer))
            continue;
        vane_manager_emit_changes(peer->bus);
        peer->sent(peer);
    }
    vane_system_emit_changes(engine->control);
}

unsigned vane_control_clients(const struct vane_engine *engine)
{
    return engine->control ? g_queue_get_length(&engine->control->clients) : 0;
}
