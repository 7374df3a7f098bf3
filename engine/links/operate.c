/* The engine's own requests about links. See operate.h. */
#include "engine/links/operate.h"

#include <errno.h>

#include "engine/links/build.h"
#include "engine/links/table-internal.h"

/* Takes the messages over. */
static int submit(struct vane_engine *engine, GPtrArray *messages, vane_link_done done, void *user)
{
    const struct vane_link_submission submission = {
        .messages = messages, .netns_fd = -1, .named_fd = -1, .done = done, .user = user};

    if (engine->links)
        return vane_link_requests_submit(engine->links->requests, NULL, &submission);
    g_ptr_array_unref(messages);
    return -ESHUTDOWN;
}

int vane_link_operate_create(struct vane_engine *engine, const struct vane_link_create *create,
                             vane_link_done done, void *user)
{
    GPtrArray *messages;
    int r = vane_build_create(create, &messages);

    return r < 0 ? r : submit(engine, messages, done, user);
}

int vane_link_operate_remove(struct vane_engine *engine, uint32_t ifindex, vane_link_done done,
                             void *user)
{
    GPtrArray *messages;
    int r = vane_build_remove(ifindex, &messages);

    return r < 0 ? r : submit(engine, messages, done, user);
}

int vane_link_operate_change(struct vane_engine *engine, uint32_t ifindex,
                             const struct vane_link_change *change, vane_link_done done, void *user)
{
    GPtrArray *messages;
    int r = vane_build_change(ifindex, change, &messages);

    return r < 0 ? r : submit(engine, messages, done, user);
}
