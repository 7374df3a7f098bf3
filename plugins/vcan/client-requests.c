/*
 * What a connection says: which form it speaks, its requests one after the other, its answers in
 * order. A request that waits for the kernel stops the reading of those behind it, which bounds
 * what waits. See vcan.h.
 */
#include <errno.h>
#include <string.h>

#include "plugins/vcan/vcan.h"

#define OUTPUT_PIECE (32u * 1024u) /* answers are sent when there is so much, or nothing to do */

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
    uint64_t begin = vane_vcan_now(client->vcan);
    size_t used;

    client->working = true;
    used = take_requests(client, data, length);
    client->working = false;
    keep(client, data + used, length - used);
    flush(client);
    remember_moment(client, begin, used);
    listen_again(client);
    if ((client->ended || client->vcan->stopping) && can_take(client) && client->output->len == 0)
        vane_vcan_client_end(client); /* what is left will never be whole */
    client->vcan->held_ns += vane_vcan_now(client->vcan) - begin;
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
