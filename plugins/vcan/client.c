/* One connection: who is at the other end, and how long it may be silent. See vcan.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "plugins/vcan/vcan.h"

#define SWEEP_MS 1000

uint64_t vane_vcan_now(const struct vane_vcan *vcan)
{
    uint64_t nanoseconds = 0;

    (void)vcan->host->loop->now(&nanoseconds);
    return nanoseconds;
}

/* ---- its life ---- */

/* Who has no rights here cannot be told a namespace (SIOCGSKNS); nor could they change anything. */
static void learn_namespace(struct vane_vcan_client *client, int fd)
{
    const uint64_t *own = client->vcan->own_netns;
    struct stat st;

    client->netns_fd = -1;
    client->netns_unknown = fd < 0 || fstat(fd, &st) < 0;
    if (!client->netns_unknown && (st.st_dev != own[0] || st.st_ino != own[1]))
        client->netns_fd = fd;
}

static void learn_peer(struct vane_vcan_client *client)
{
    struct vane_connection_info info = {.size = sizeof(info), .netns_fd = -1};
    struct vane_vcan *vcan = client->vcan;

    (void)vcan->host->ports->info(vcan->self, client->connection, &info);
    client->pid = info.pid;
    client->person = (struct vane_can_person){info.uid, info.gid, info.groups, info.group_count};
    learn_namespace(client, info.netns_fd);
}

static void on_sweep(void *user)
{
    vane_vcan_sweep(user);
}

int vane_vcan_client_new(struct vane_vcan_door *door, struct vane_connection *connection,
                         struct vane_vcan_client **out)
{
    struct vane_vcan_client *client;
    struct vane_vcan *vcan = door->vcan;

    if (vcan->stopping)
        return -ESHUTDOWN;
    client = g_new0(struct vane_vcan_client, 1);
    client->link.data = client;
    client->vcan = vcan;
    client->door = door;
    client->connection = connection;
    client->output = g_byte_array_new();
    client->last_request = vane_vcan_now(vcan);
    learn_peer(client);
    g_queue_push_tail_link(&vcan->clients, &client->link);
    if (!vcan->sweep)
        (void)vcan->host->loop->timer_start(vcan->self, SWEEP_MS, SWEEP_MS, on_sweep, vcan,
                                            &vcan->sweep);
    *out = client;
    return 0;
}

void vane_vcan_client_free(struct vane_vcan_client *client)
{
    struct vane_vcan *vcan = client->vcan;

    if (client->job)
        client->job->client = NULL;
    vane_vcan_client_leaves(client);
    vane_vcan_place_unref(client->place);
    g_queue_unlink(&vcan->clients, &client->link);
    if (client->input)
        g_byte_array_unref(client->input);
    g_byte_array_unref(client->output);
    g_free(client);
    if (vcan->clients.length == 0 && vcan->sweep) {
        (void)vcan->host->loop->timer_stop(vcan->self, vcan->sweep);
        vcan->sweep = NULL;
    }
    vane_vcan_settle(vcan);
}

void vane_vcan_client_end(struct vane_vcan_client *client)
{
    client->closing = true;
    (void)client->vcan->host->ports->close(client->vcan->self, client->connection, 1);
}

/* As /proc has it: a name that the program gives itself, for logs and policies that know that. */
const char *vane_vcan_client_program(struct vane_vcan_client *client)
{
    _cleanup_close_ int fd = -1;
    char path[40];
    ssize_t length;

    if (client->program[0] || client->pid <= 0)
        return client->program;
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)client->pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    length = fd < 0 ? -1 : read(fd, client->program, sizeof(client->program) - 1);
    client->program[length > 0 ? length - 1 : 0] = '\0'; /* without its newline */
    return client->program;
}

/* ---- silence ---- */

static bool is_overdue(const struct vane_vcan_client *client, uint64_t moment)
{
    const struct vane_vcan_options *options = &client->vcan->options;
    uint64_t limit_ms = options->idle_timeout_ms, since = client->last_request;

    if (client->job || client->blocked)
        return false;
    if (client->first_byte || client->answered == 0) {
        limit_ms = options->request_timeout_ms;
        since = client->first_byte ? client->first_byte : since;
    } else if (client->leases.length > 0) {
        return false;
    }
    return limit_ms > 0 && moment - since >= limit_ms * 1000000u;
}

void vane_vcan_sweep(struct vane_vcan *vcan)
{
    uint64_t moment = vane_vcan_now(vcan);
    GList *next;

    for (GList *at = vcan->clients.head; at; at = next) {
        struct vane_vcan_client *client = at->data;

        next = at->next;
        if (!client->closing && is_overdue(client, moment))
            vane_vcan_client_end(client);
    }
}
