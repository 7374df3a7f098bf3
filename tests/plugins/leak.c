/* Leaves something of every kind behind at shutdown, and posts from a thread for ever. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "plugin.h"

static struct {
    struct vane_self *self;
    const struct vane_host *host;
    int pipe[2]; /* the plugin's own: kept for its next life */
} here;

static atomic_int thread_runs;

static int on_event(void *user, const struct vane_event *event)
{
    return 0;
}

static void on_call(void *user)
{
}

static void on_watch(void *user, int fd, uint32_t events)
{
}

/* Ends once a post is refused, which is how a thread learns that its plugin is gone. */
static void *post_for_ever(void *user)
{
    while (here.host->loop->post(here.self, on_call, NULL) == 0)
        usleep(1000);
    atomic_store(&thread_runs, 0);
    return NULL;
}

/* One that did not notice the end of the last life serves this one. */
static int start_thread(void)
{
    pthread_t thread;
    int r;

    if (atomic_exchange(&thread_runs, 1))
        return 0;
    r = -pthread_create(&thread, NULL, post_for_ever, NULL);
    return r < 0 ? r : -pthread_detach(thread);
}

static int start_child(void)
{
    static const char *const arguments[] = {"sleep", "1000", NULL};
    struct vane_spawn spawn = {.size = sizeof(spawn), .path = "/bin/sleep", .arguments = arguments};

    return here.host->loop->spawn(here.self, &spawn, NULL);
}

static int start_port(void)
{
    struct vane_port_events events = {.size = sizeof(events)};
    struct vane_port *port;
    const char *directory;
    char address[200];
    int r = here.host->config->runtime_directory(here.self, &directory);

    if (r < 0)
        return r;
    snprintf(address, sizeof(address), "unix:%s/leak", directory);
    return here.host->ports->listen(here.self, address, NULL, &events, NULL, &port);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    struct vane_subscription *subscription;
    struct vane_timer *timer;
    struct vane_watch *watch;
    int r;

    here.self = self;
    here.host = host;
    r = host->bus->subscribe(self, ">", NULL, on_event, NULL, &subscription);
    if (r == 0) /* no handle, so it was meant to go with the plugin: not named */
        r = host->loop->timer_start(self, 1, 1, on_call, NULL, NULL);
    if (r == 0)
        r = host->loop->timer_start(self, 1, 1, on_call, NULL, &timer);
    if (r == 0 && here.pipe[1] == 0)
        r = pipe(here.pipe) < 0 ? -errno : 0;
    if (r == 0)
        r = host->loop->watch_start(self, here.pipe[0], VANE_READABLE, on_watch, NULL, &watch);
    if (r == 0)
        r = start_child();
    if (r == 0)
        r = start_port();
    if (r == 0)
        r = start_thread();
    return r;
}

TEST_PLUGIN(.init = init)
