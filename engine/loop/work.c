/* Background work in libuv's thread pool. See loop.h. */
#include <errno.h>

#include <glib.h>

#include "engine/loop/loop.h"
#include "engine/plugins/lifecycle.h"

struct work {
    uv_work_t request;
    struct vane_self *self;
    uint64_t generation;
    void (*body)(void *user);
    void (*finished)(void *user);
    void *user;
};

static void on_work(uv_work_t *request)
{
    struct work *work = request->data;

    work->body(work->user);
}

/* A plugin that was revoked meanwhile hears no more of it. */
static void on_finished(uv_work_t *request, int status)
{
    struct work *work = request->data;
    struct vane_call call;

    (void)status;
    if (work->self->poster && work->generation == work->self->generation && work->finished) {
        vane_call_begin(&call, work->self, "work");
        work->finished(work->user);
        vane_call_end(&call);
    }
    work->self->works--;
    vane_lifecycle_work_finished(work->self);
    g_free(work);
}

int vane_work(struct vane_self *self, void (*body)(void *user), void (*finished)(void *user),
              void *user)
{
    struct work *work;
    int r;

    if (!body)
        return -EINVAL;
    work = g_new0(struct work, 1);
    work->self = self;
    work->generation = self->generation;
    work->body = body;
    work->finished = finished;
    work->user = user;
    work->request.data = work;
    r = uv_queue_work(&self->engine->loop, &work->request, on_work, on_finished);
    if (r < 0) {
        g_free(work);
        return r;
    }
    self->works++;
    return 0;
}
