/* The life of a client: accepted, silent or asking, streaming, gone. See client.h. */
#include "plugins/socketbus/client.h"

#include <errno.h>
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/socketbus/silence.h"

static bool is_member(const struct vane_connection_info *info, int64_t group)
{
    if (group < 0)
        return false;
    for (uint32_t i = 0; i < info->group_count; i++)
        if (info->groups[i] == (uint32_t)group)
            return true;
    return info->gid == group;
}

/* As for commands: root, the daemon's own user, and group netvane. */
static bool is_privileged(struct vane_socketbus *bus, const struct vane_connection_info *info)
{
    if (info->uid < 0)
        return false;
    return info->uid == 0 || info->uid == (int64_t)geteuid() ||
           is_member(info, vane_group_id(&bus->control_group));
}

int vane_client_accept(struct vane_door *door, struct vane_connection *connection,
                       struct vane_client **result)
{
    struct vane_socketbus *bus = door->bus;
    struct vane_connection_info info = {.size = sizeof(info)};
    struct vane_client *client;
    int r = bus->host->ports->info(bus->self, connection, &info);

    if (r < 0)
        return r;
    client = g_new0(struct vane_client, 1);
    *client = (struct vane_client){
        .bus = bus,
        .connection = connection,
        .link.data = client,
        .ready_link.data = client,
        .silent_link.data = client,
        .pid = info.pid,
        .uid = info.uid,
        .since = info.opened,
        .privileged = is_privileged(bus, &info),
        .compat = door->compat,
    };
    client->replay.next = 1;
    g_queue_push_tail_link(&bus->clients, &client->link);
    bus->served++;
    vane_stream_compat(client);
    if (client->compat)
        client->phase = VANE_CLIENT_STREAMING;
    else
        vane_silence_begin(client);
    *result = client;
    return 0;
}

void vane_client_free(struct vane_client *client)
{
    struct vane_socketbus *bus = client->bus;

    client->phase = VANE_CLIENT_GONE;
    vane_silence_end(client);
    if (client->is_ready)
        g_queue_unlink(&bus->ready, &client->ready_link);
    g_queue_unlink(&bus->clients, &client->link);
    vane_replay_clear(client);
    vane_stream_leave(client, &client->leaving);
    vane_stream_leave(client, &client->live);
    vane_request_clear(&client->request);
    if (client->input)
        g_byte_array_unref(client->input);
    if (client->answer)
        g_string_free(client->answer, TRUE);
    if (client->snapshot)
        g_ptr_array_unref(client->snapshot);
    g_free(client);
    if (bus->clients.length > 0)
        return;
    for (uint32_t i = 0; i < VANE_RECENT_LINES; i++)
        g_clear_pointer(&bus->recent[i], vane_line_unref);
    vane_batches_forget(NULL);
    if (bus->idle)
        bus->idle(bus);
}

/* ---- answers ---- */

void vane_client_answer(struct vane_client *client, const char *text, size_t length)
{
    if (!client->answer)
        client->answer = g_string_new(NULL);
    g_string_append_len(client->answer, text, (gssize)length);
    g_string_append_c(client->answer, '\n');
    vane_flush_client(client);
}

void vane_client_refuse(struct vane_client *client, const char *member, const char *message)
{
    struct vane_json json = {0};
    const char *text;
    size_t length;

    vane_json_object_begin(&json);
    vane_json_key(&json, "error");
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "member", member);
    vane_json_member_string(&json, "message", message);
    vane_json_object_end(&json);
    vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    client->bus->refused++;
    vane_client_answer(client, text, length);
    vane_json_clear(&json);
}

void vane_client_end(struct vane_client *client, const char *member, const char *message)
{
    vane_silence_end(client);
    vane_replay_clear(client);
    vane_stream_leave(client, &client->leaving);
    vane_stream_leave(client, &client->live);
    g_clear_pointer(&client->snapshot, g_ptr_array_unref);
    g_clear_pointer(&client->input, g_byte_array_unref);
    if (client->answer)
        g_string_truncate(client->answer, 0);
    client->phase = VANE_CLIENT_ENDING;
    vane_client_refuse(client, member, message);
}

/* ---- input ---- */

static bool hears(const struct vane_client *client)
{
    return !client->compat && !client->deaf &&
           (client->phase == VANE_CLIENT_SILENT || client->phase == VANE_CLIENT_STREAMING);
}

static bool is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r", line[i]))
            return false;
    return true;
}

static void take_line(struct vane_client *client, const char *line, size_t length)
{
    if (is_blank(line, length))
        return;
    vane_silence_end(client);
    client->deaf = true;
    (void)client->bus->host->ports->read(client->bus->self, client->connection, 0);
    vane_stream_request(client, line, length);
}

static void keep_input(struct vane_client *client, const char *data, size_t length)
{
    GByteArray *kept = g_byte_array_new();

    if (length > 0)
        g_byte_array_append(kept, (const guint8 *)data, (guint)length);
    if (client->input)
        g_byte_array_unref(client->input);
    client->input = kept;
    if (length == 0)
        g_clear_pointer(&client->input, g_byte_array_unref);
}

/* The last line may lack its newline when nothing follows any more. */
static void take_lines(struct vane_client *client, const char *data, size_t length)
{
    const char *newline;

    while (hears(client) && (newline = memchr(data, '\n', length))) {
        size_t line = (size_t)(newline - data);

        if (line > VANE_REQUEST_MAX)
            break;
        take_line(client, data, line);
        data += line + 1;
        length -= line + 1;
    }
    if (hears(client) && client->ended && length > 0 && length <= VANE_REQUEST_MAX) {
        take_line(client, data, length);
        length = 0;
    }
    if (hears(client) && length > VANE_REQUEST_MAX) {
        vane_client_end(client, "", "a request line has at most 65536 bytes");
        return;
    }
    if (client->phase != VANE_CLIENT_ENDING)
        keep_input(client, data, length);
}

static void take_input(struct vane_client *client)
{
    GByteArray *input = g_steal_pointer(&client->input);

    if (!input)
        return;
    take_lines(client, (const char *)input->data, input->len);
    g_byte_array_unref(input);
}

void vane_client_received(struct vane_client *client, const void *data, size_t length)
{
    if (client->compat || client->phase == VANE_CLIENT_ENDING)
        return;
    if (!client->input) {
        take_lines(client, data, length);
        return;
    }
    g_byte_array_append(client->input, data, (guint)length);
    if (hears(client))
        take_input(client);
}

/* Without a request by now, there will be none. */
void vane_client_half_closed(struct vane_client *client)
{
    client->ended = true;
    if (hears(client))
        take_input(client);
    if (client->phase != VANE_CLIENT_SILENT)
        return;
    vane_silence_end(client);
    client->phase = VANE_CLIENT_STREAMING;
    vane_flush_client(client);
}

void vane_client_listen_again(struct vane_client *client)
{
    if (!client->deaf || client->phase != VANE_CLIENT_STREAMING)
        return;
    client->deaf = false;
    (void)client->bus->host->ports->read(client->bus->self, client->connection, 1);
    take_input(client);
}
