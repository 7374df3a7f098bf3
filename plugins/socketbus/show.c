/* `show socketbus` and `show socketbus clients`. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/array.h"
#include "lib/json/writer.h"
#include "plugins/socketbus/client.h"

static int reply(struct vane_socketbus *bus, struct vane_request *request, struct vane_json *json)
{
    size_t length;
    const char *text = vane_json_text(json, &length);
    int r = bus->host->commands->reply(request, text, length);

    vane_json_clear(json);
    return r;
}

/* ---- show socketbus ---- */

static void write_door(struct vane_socketbus *bus, struct vane_json *json,
                       const struct vane_door *door)
{
    struct vane_port_counters counters = {.size = sizeof(counters)};

    (void)bus->host->ports->counters(bus->self, door->port, &counters);
    vane_json_object_begin(json);
    vane_json_member_string(json, "address", door->address);
    vane_json_member_string(json, "stream", door->compat ? "halox" : "native");
    vane_json_member_uint64(json, "clients", counters.connections);
    vane_json_member_uint64(json, "accepted", counters.accepted);
    vane_json_member_uint64(json, "refused", counters.refused);
    vane_json_member_uint64(json, "bytes_received", counters.bytes_received);
    vane_json_member_uint64(json, "bytes_sent", counters.bytes_sent);
    vane_json_object_end(json);
}

static int show_doors(void *user, struct vane_request *request)
{
    struct vane_socketbus *bus = user;
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (guint i = 0; i < bus->doors->len; i++)
        write_door(bus, &json, g_ptr_array_index(bus->doors, i));
    vane_json_array_end(&json);
    return reply(bus, request, &json);
}

/* ---- show socketbus counters ---- */

static int show_counters(void *user, struct vane_request *request)
{
    struct vane_socketbus *bus = user;
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_uint64(&json, "clients", bus->clients.length);
    vane_json_member_uint64(&json, "clients_ever", bus->served);
    vane_json_member_uint64(&json, "subscriptions", g_hash_table_size(bus->feeds));
    vane_json_member_uint64(&json, "events", bus->events);
    vane_json_member_uint64(&json, "lines_sent", bus->lines_sent);
    vane_json_member_uint64(&json, "bytes_sent", bus->bytes_sent);
    vane_json_member_uint64(&json, "lines_dropped", bus->dropped);
    vane_json_member_uint64(&json, "errors", bus->refused);
    vane_json_member_uint64(&json, "queue_memory", vane_lines_memory());
    vane_json_object_end(&json);
    return reply(bus, request, &json);
}

/* ---- show socketbus clients ---- */

static char *program_of(int64_t pid)
{
    char path[64];
    char *name = NULL;

    snprintf(path, sizeof(path), "/proc/%" PRId64 "/comm", pid);
    if (pid <= 0 || !g_file_get_contents(path, &name, NULL, NULL))
        return NULL;
    return g_strchomp(name);
}

static char *subscription_of(const struct vane_client *client)
{
    const struct vane_filter *filter;
    GString *text = g_string_new(NULL);

    if (client->phase == VANE_CLIENT_SILENT || !client->live.feed)
        return g_string_free(text, FALSE);
    filter = &client->live.feed->filter;
    g_string_append(text, filter->patterns);
    for (size_t i = 0; i < filter->where_count; i++)
        g_string_append_printf(text, " %s=%s", filter->where[i].member, filter->where[i].glob);
    if (client->strict)
        g_string_append(text, " strict");
    return g_string_free(text, FALSE);
}

static uint64_t lag_ms(struct vane_socketbus *bus, const struct vane_client *client)
{
    const struct vane_reader *reader =
        vane_reader_waiting(&client->leaving) > 0 ? &client->leaving : &client->live;
    uint64_t since = vane_reader_waits_since(reader), now = 0;

    (void)bus->host->loop->now(&now);
    return since > 0 && now > since ? (now - since) / 1000000u : 0;
}

static uint64_t bytes_sent(struct vane_socketbus *bus, const struct vane_client *client)
{
    struct vane_connection_info info = {.size = sizeof(info)};

    (void)bus->host->ports->info(bus->self, client->connection, &info);
    return info.bytes_sent;
}

static void write_client(struct vane_socketbus *bus, struct vane_json *json,
                         const struct vane_client *client)
{
    g_autofree char *program = program_of(client->pid);
    g_autofree char *subscription = subscription_of(client);
    const struct vane_feed *feed = client->live.feed;

    vane_json_object_begin(json);
    vane_json_member_int64(json, "pid", client->pid);
    vane_json_member_int64(json, "uid", client->uid);
    vane_json_member_string(json, "program", program);
    vane_json_member_string(json, "subscription", subscription);
    vane_json_member_string(json, "format", feed ? vane_format_name(feed->filter.format) : NULL);
    vane_json_member_bool(json, "privileged", client->privileged);
    vane_json_member_uint64(json, "sent", client->lines_sent);
    vane_json_member_uint64(json, "bytes_sent", bytes_sent(bus, client));
    vane_json_member_uint64(
        json, "queued", vane_reader_waiting(&client->leaving) + vane_reader_waiting(&client->live));
    vane_json_member_uint64(json, "dropped",
                            client->lost + vane_reader_dropped(&client->leaving) +
                                vane_reader_dropped(&client->live));
    vane_json_member_uint64(json, "lag_ms", lag_ms(bus, client));
    vane_json_object_end(json);
}

static int show_clients(void *user, struct vane_request *request)
{
    struct vane_socketbus *bus = user;
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (const GList *at = bus->clients.head; at; at = at->next)
        write_client(bus, &json, at->data);
    vane_json_array_end(&json);
    return reply(bus, request, &json);
}

/* ---- registration ---- */

static const struct vane_command_word words[] = {
    {"show", "Show information"},
    {"socketbus", "the sockets that events are broadcast on"},
    {"clients", "Who is connected, and how they keep up"},
    {"counters", "Totals since the start"},
};

static const struct vane_command_column door_columns[] = {
    {"Address", "address"},       {"Stream", "stream"},   {"Clients", "clients"},
    {"Accepted", "accepted"},     {"Refused", "refused"}, {"Received", "bytes_received"},
    {"Bytes sent", "bytes_sent"},
};

static const struct vane_command_column client_columns[] = {
    {"Pid", "pid"},         {"Uid", "uid"},
    {"Program", "program"}, {"Subscription", "subscription"},
    {"Format", "format"},   {"Sent", "sent"},
    {"Queued", "queued"},   {"Dropped", "dropped"},
    {"Lag (ms)", "lag_ms"},
};

static int add(struct vane_socketbus *bus, unsigned index, const char *syntax, const char *help,
               const struct vane_command_column *columns, uint32_t column_count,
               int (*run)(void *user, struct vane_request *request))
{
    const struct vane_command command = {
        .size = sizeof(command),
        .syntax = syntax,
        .help = help,
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = ELEMENTS(words),
        .columns = columns,
        .column_size = sizeof(columns[0]),
        .column_count = column_count,
        .run = run,
        .user = bus,
    };

    return bus->host->commands->add(bus->self, &command, &bus->commands[index]);
}

int vane_socketbus_show_add(struct vane_socketbus *bus)
{
    int r = add(bus, 0, "show socketbus", "Show the sockets that events are broadcast on",
                door_columns, ELEMENTS(door_columns), show_doors);

    if (r == 0)
        r = add(bus, 1, "show socketbus clients", "Show who is connected, and how they keep up",
                client_columns, ELEMENTS(client_columns), show_clients);
    if (r == 0)
        r = add(bus, 2, "show socketbus counters", "Show the totals since the start", NULL, 0,
                show_counters);
    return r;
}

void vane_socketbus_show_remove(struct vane_socketbus *bus)
{
    for (unsigned i = 0; i < VANE_SOCKETBUS_COMMANDS; i++) {
        if (bus->commands[i])
            (void)bus->host->commands->remove(bus->self, bus->commands[i]);
        bus->commands[i] = NULL;
    }
}
