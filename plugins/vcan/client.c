/*
 * One connection: which form it speaks, its requests one after the other, its answers in order. A
 * request that waits for the kernel stops the reading of those behind it, which bounds what waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "plugins/vcan/vcan.h"

#define OUTPUT_PIECE (32u * 1024u) /* answers are sent when there is so much, or nothing to do */
#define SWEEP_MS     1000

static uint64_t now(const struct vane_vcan *vcan)
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
    client->last_request = now(vcan);
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

static void end(struct vane_vcan_client *client)
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
    uint64_t moment = now(vcan);
    GList *next;

    for (GList *at = vcan->clients.head; at; at = next) {
        struct vane_vcan_client *client = at->data;

        next = at->next;
        if (!client->closing && is_overdue(client, moment))
            end(client);
    }
}

/* ---- answers ---- */

static void flush(struct vane_vcan_client *client)
{
    struct vane_vcan *vcan = client->vcan;
    int r;

    if (client->output->len == 0 || client->blocked)
        return;
    r = vcan->host->ports->send(vcan->self, client->connection, client->output->data,
                                client->output->len);
    client->blocked = r == -EAGAIN;
    if (!client->blocked)
        g_byte_array_set_size(client->output, 0);
}

void vane_vcan_client_drained(struct vane_vcan_client *client)
{
    client->blocked = false;
    flush(client);
    vane_vcan_client_go_on(client);
}

/* ---- requests ---- */

static struct vane_vcan_job *new_job(struct vane_vcan_client *client)
{
    struct vane_vcan_job *job = g_new0(struct vane_vcan_job, 1);

    job->vcan = client->vcan;
    job->client = client;
    g_strlcpy(job->socket, client->door->address, sizeof(job->socket));
    job->person = client->person;
    return job;
}

static size_t take_classic(struct vane_vcan_job *job, const uint8_t *data, size_t length)
{
    struct vane_wire_classic_request bytes;
    struct vane_wire_request *request = &job->request;
    size_t taken = vane_wire_classic_parse(data, length, &bytes);

    if (taken == 0)
        return 0;
    request->operation = bytes.operation;
    request->complaint = vane_wire_name_complaint(bytes.name, bytes.name_length);
    if (bytes.operation < VANE_WIRE_CREATE || bytes.operation > VANE_WIRE_DOWN) {
        request->code = VANE_WIRE_BAD_OPERATION;
        request->complaint = "is no operation";
    } else if (request->complaint) {
        request->code = VANE_WIRE_BAD_NAME;
    } else {
        memcpy(request->name, bytes.name, bytes.name_length);
        request->present = 1u << VANE_WIRE_NAME;
    }
    return taken;
}

/* Returns how many bytes the request takes; 0: it is not there yet. */
static size_t take(struct vane_vcan_job *job, const uint8_t *data, size_t length)
{
    int taken;

    if (job->client->form == VANE_VCAN_CLASSIC)
        return take_classic(job, data, length);
    taken = vane_wire_parse(data, length, &job->request);
    if (taken < 0)
        job->client->ended = true; /* the rest of it is not worth reading */
    return taken < 0 ? length : (size_t)taken;
}

/* Returns how many bytes that took. */
static size_t decide(struct vane_vcan_client *client, const uint8_t *data, size_t length)
{
    size_t known = MIN(length, VANE_WIRE_MAGIC_SIZE);

    if (memcmp(data, VANE_WIRE_MAGIC, known) != 0) {
        client->form = VANE_VCAN_CLASSIC;
        return 0;
    }
    if (known < VANE_WIRE_MAGIC_SIZE)
        return 0;
    client->form = VANE_VCAN_NVC1;
    return VANE_WIRE_MAGIC_SIZE;
}

static bool can_take(const struct vane_vcan_client *client)
{
    return !client->job && !client->blocked && !client->closing;
}

/* Returns how many bytes were used; the rest is no whole request, or has to wait. */
static size_t take_requests(struct vane_vcan_client *client, const uint8_t *data, size_t length)
{
    size_t used = 0;

    if (client->form == VANE_VCAN_UNDECIDED && length > 0)
        used = decide(client, data, length);
    while (client->form != VANE_VCAN_UNDECIDED && used < length && can_take(client)) {
        struct vane_vcan_job *job = new_job(client);
        size_t taken = take(job, data + used, length - used);

        if (taken == 0) {
            vane_vcan_job_free(job);
            break;
        }
        used += taken;
        client->job = job;
        client->vcan->requests++;
        client->answered++;
        vane_vcan_run(job);
        if (client->output->len >= OUTPUT_PIECE)
            flush(client);
    }
    return used;
}

static void keep(struct vane_vcan_client *client, const uint8_t *data, size_t length)
{
    GByteArray *rest = NULL;

    if (length > 0)
        rest = g_byte_array_append(g_byte_array_sized_new((guint)length), data, (guint)length);
    if (client->input)
        g_byte_array_unref(client->input);
    client->input = rest;
}

static void listen_again(struct vane_vcan_client *client)
{
    bool deaf = !can_take(client);

    if (deaf == client->deaf)
        return;
    client->deaf = deaf;
    (void)client->vcan->host->ports->read(client->vcan->self, client->connection, !deaf);
}

static void remember_moment(struct vane_vcan_client *client, uint64_t moment, size_t used)
{
    if (used > 0)
        client->last_request = moment;
    if (!client->input)
        client->first_byte = 0;
    else if (used > 0 || client->first_byte == 0)
        client->first_byte = moment;
}

static void work(struct vane_vcan_client *client, const uint8_t *data, size_t length)
{
    uint64_t begin = now(client->vcan);
    size_t used;

    client->working = true;
    used = take_requests(client, data, length);
    client->working = false;
    keep(client, data + used, length - used);
    flush(client);
    remember_moment(client, begin, used);
    listen_again(client);
    if ((client->ended || client->vcan->stopping) && can_take(client) && client->output->len == 0)
        end(client); /* what is left will never be whole */
    client->vcan->held_ns += now(client->vcan) - begin;
}

void vane_vcan_client_go_on(struct vane_vcan_client *client)
{
    g_autoptr(GByteArray) input = g_steal_pointer(&client->input);

    if (client->working || client->closing) {
        client->input = g_steal_pointer(&input);
        return;
    }
    work(client, input ? input->data : (const uint8_t *)"", input ? input->len : 0);
}

void vane_vcan_client_received(struct vane_vcan_client *client, const void *data, size_t length)
{
    if (client->closing || client->ended)
        return;
    if (!client->input && can_take(client)) {
        work(client, data, length);
        return;
    }
    if (!client->input)
        client->input = g_byte_array_new();
    g_byte_array_append(client->input, data, (guint)length);
    if (can_take(client))
        vane_vcan_client_go_on(client);
}

/* What waits behind a request that the kernel has is answered when that is. */
void vane_vcan_client_stop(struct vane_vcan_client *client)
{
    struct vane_vcan *vcan = client->vcan;

    if (client->blocked) {
        client->closing = true;
        (void)vcan->host->ports->close(vcan->self, client->connection, 0);
    } else if (can_take(client)) {
        vane_vcan_client_go_on(client);
    }
}

void vane_vcan_client_ended(struct vane_vcan_client *client)
{
    client->ended = true;
    if (can_take(client))
        vane_vcan_client_go_on(client);
}
