/* Poll handles that outlive what they served: libuv gives them back on a later turn. */
#include "engine/ports/internal.h"

static void free_handle(uv_handle_t *handle)
{
    g_free(handle);
}

int vane_poll_open(uv_loop_t *loop, int fd, void *data, uv_poll_t **poll)
{
    uv_poll_t *handle = g_new0(uv_poll_t, 1);
    int r = uv_poll_init(loop, handle, fd);

    if (r < 0) {
        g_free(handle);
        return r;
    }
    handle->data = data;
    *poll = handle;
    return 0;
}

void vane_poll_close(uv_poll_t **poll)
{
    if (*poll)
        uv_close((uv_handle_t *)*poll, free_handle);
    *poll = NULL;
}
