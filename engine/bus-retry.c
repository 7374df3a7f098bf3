/* When to try the system bus again. See bus-retry.h. */
#include "engine/bus-retry.h"

#include <string.h>
#include <sys/stat.h>

#include <glib.h>

#define DEFAULT_SOCKET "/run/dbus/system_bus_socket"
#define FIRST_MS       50u
#define EAGER_TRIES    6u /* 50 ms, 100, 200 ... 1.6 s */
#define SLOW_MS        60000u

struct vane_bus_retry {
    uv_timer_t timer;
    uv_fs_event_t directory;
    unsigned closing;
    unsigned tries;
    char *socket;
    void (*again)(void *user);
    void *user;
};

/* The first path of the bus's address (D-Bus specification, "Server Addresses"). */
static char *socket_path(void)
{
    const char *address = g_getenv("DBUS_SYSTEM_BUS_ADDRESS");
    const char *path = address ? strstr(address, "unix:path=") : NULL;

    if (!path)
        return g_strdup(DEFAULT_SOCKET);
    path += strlen("unix:path=");
    return g_strndup(path, strcspn(path, ",;"));
}

static void on_timer(uv_timer_t *timer)
{
    struct vane_bus_retry *self = timer->data;

    self->again(self->user);
}

static void schedule(struct vane_bus_retry *self)
{
    uint64_t delay = self->tries < EAGER_TRIES ? (uint64_t)FIRST_MS << self->tries : SLOW_MS;

    self->tries++;
    uv_timer_start(&self->timer, on_timer, delay, 0);
}

/* The socket's directory, or the nearest one above it that exists. */
static char *nearest_directory(const char *path)
{
    char *directory = g_path_get_dirname(path);
    struct stat st;

    while (strlen(directory) > 1 && (stat(directory, &st) < 0 || !S_ISDIR(st.st_mode))) {
        char *above = g_path_get_dirname(directory);

        g_free(directory);
        directory = above;
    }
    return directory;
}

static void watch(struct vane_bus_retry *self);

/* Each thing that happens there makes it try soon again; several at once make it one try. */
static void on_change(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct vane_bus_retry *self = handle->data;

    (void)name, (void)events, (void)status;
    watch(self);
    self->tries = 0;
    schedule(self);
}

static void watch(struct vane_bus_retry *self)
{
    g_autofree char *directory = nearest_directory(self->socket);

    uv_fs_event_stop(&self->directory);
    uv_fs_event_start(&self->directory, on_change, directory, 0);
}

struct vane_bus_retry *vane_bus_retry_new(uv_loop_t *loop, void (*again)(void *user), void *user)
{
    struct vane_bus_retry *self = g_new0(struct vane_bus_retry, 1);

    self->socket = socket_path();
    self->again = again;
    self->user = user;
    uv_timer_init(loop, &self->timer);
    uv_fs_event_init(loop, &self->directory);
    self->timer.data = self->directory.data = self;
    return self;
}

void vane_bus_retry_later(struct vane_bus_retry *self)
{
    if (!uv_is_active((uv_handle_t *)&self->directory))
        watch(self);
    schedule(self);
}

void vane_bus_retry_connected(struct vane_bus_retry *self)
{
    uv_timer_stop(&self->timer);
    uv_fs_event_stop(&self->directory);
}

void vane_bus_retry_answered(struct vane_bus_retry *self)
{
    self->tries = 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct vane_bus_retry *self = handle->data;

    if (--self->closing > 0)
        return;
    g_free(self->socket);
    g_free(self);
}

void vane_bus_retry_free(struct vane_bus_retry *self)
{
    if (!self)
        return;
    self->closing = 2;
    uv_close((uv_handle_t *)&self->timer, on_closed);
    uv_close((uv_handle_t *)&self->directory, on_closed);
}
