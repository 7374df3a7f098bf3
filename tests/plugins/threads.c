/* Calls the API from a thread that it must not be called from, and posts, which it may. */
#include <pthread.h>

#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    pthread_t thread, loop;
    int refusals;
    int works;
} here;

static void on_call(void *user)
{
}

static void on_post(void *user)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("%d refusals, post runs %s", here.refusals,
        pthread_equal(pthread_self(), here.loop) ? "on the loop" : "elsewhere");
}

static void *elsewhere(void *user)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;
    uint32_t id;

    here.refusals += host->bus->publish(self, "threads.x", NULL, NULL, NULL) == -EPERM;
    here.refusals += host->loop->timer_start(self, 1, 0, on_call, NULL, NULL) == -EPERM;
    here.refusals += host->identity->node_id(self, &id) == -EPERM;
    here.refusals += host->loop->done(self, 0) == -EPERM;
    here.refusals += host->links->ready(self) == -EPERM;
    host->loop->post(self, on_post, NULL);
    return NULL;
}

static void body(void *user)
{
    here.works = pthread_equal(pthread_self(), here.loop) ? 0 : 1;
}

static void finished(void *user)
{
    const struct vane_host *host = here.host;
    struct vane_self *self = here.self;

    SAY("work runs %s, ends %s", here.works ? "elsewhere" : "on the loop",
        pthread_equal(pthread_self(), here.loop) ? "on the loop" : "elsewhere");
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    here.self = self;
    here.host = host;
    here.loop = pthread_self();
    here.refusals = 0;
    if (pthread_create(&here.thread, NULL, elsewhere, NULL) != 0)
        return -EAGAIN;
    return host->loop->work(self, body, finished, NULL);
}

static int shutdown(struct vane_self *self)
{
    return -pthread_join(here.thread, NULL);
}

TEST_PLUGIN(.init = init, .shutdown = shutdown)
