/* `show can`, `show can NAME detail`, `show can counters`, and `can ...` for operators. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/json/writer.h"
#include "plugins/vcan/vcan.h"

static int reply(struct vane_vcan *vcan, struct vane_request *request, struct vane_json *json)
{
    size_t length;
    const char *text = vane_json_text(json, &length);
    int r = vcan->host->commands->reply(request, text, length);

    vane_json_clear(json);
    return r;
}

/* ---- show ---- */

struct question {
    struct vane_vcan *vcan;
    struct vane_request *request;
};

static const char *text_of(const struct vane_vcan *vcan, const struct vane_payload *link,
                           const char *member)
{
    const char *text = "";

    (void)vcan->host->bus->get_string(link, member, &text);
    return text;
}

static void write_owner(struct vane_json *json, const char *alias)
{
    struct vane_mark mark;

    if (!vane_mark_read(alias, &mark))
        return;
    vane_json_member_uint64(json, "owner", mark.uid);
    if (mark.lease == VANE_LEASE_CONNECTION)
        vane_json_member_string(json, "lease", "connection");
    if (mark.lease == VANE_LEASE_UNTIL) {
        vane_json_member_string(json, "lease", "time");
        vane_json_member_uint64(json, "lease_seconds", vane_vcan_lease_left(&mark));
    }
}

static void write_number(const struct vane_vcan *vcan, struct vane_json *json,
                         const struct vane_payload *link, const char *member)
{
    uint64_t number;

    if (vcan->host->bus->get_uint64(link, member, &number) == 0)
        vane_json_member_uint64(json, member, number);
}

static void write_link(const struct vane_vcan *vcan, struct vane_json *json,
                       const struct vane_payload *link)
{
    static const char *const numbers[] = {"mtu", "can_bitrate", "can_data_bitrate",
                                          "can_transmit_errors", "can_receive_errors"};

    vane_json_object_begin(json);
    vane_json_member_string(json, "interface_name", text_of(vcan, link, "interface_name"));
    write_number(vcan, json, link, "interface_index");
    vane_json_member_string(json, "kind", text_of(vcan, link, "kind"));
    vane_json_member_string(json, "state", vane_vcan_has_flag(vcan, link, "up") ? "up" : "down");
    if (*text_of(vcan, link, "can_state"))
        vane_json_member_string(json, "can_state", text_of(vcan, link, "can_state"));
    for (size_t i = 0; i < ELEMENTS(numbers); i++)
        write_number(vcan, json, link, numbers[i]);
    write_owner(json, text_of(vcan, link, "alias"));
    vane_json_object_end(json);
}

static void on_all(void *user, int result, const struct vane_payload *const *links, uint32_t count)
{
    g_autofree struct question *question = user;
    struct vane_vcan *vcan = question->vcan;
    struct vane_json json = {0};

    vcan->jobs--;
    vane_json_array_begin(&json);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(text_of(vcan, links[i], "interface_type"), "can") == 0)
            write_link(vcan, &json, links[i]);
    vane_json_array_end(&json);
    (void)reply(vcan, question->request, &json);
    vane_vcan_settle(vcan);
}

static void on_one(void *user, int result, const struct vane_payload *const *links, uint32_t count)
{
    g_autofree struct question *question = user;
    struct vane_vcan *vcan = question->vcan;
    const struct vane_commands *commands = vcan->host->commands;
    const char *json;
    size_t length;

    vcan->jobs--;
    if (result < 0 || count == 0)
        (void)commands->fail(question->request, -ENODEV, "there is no interface of this name");
    else if (strcmp(text_of(vcan, links[0], "interface_type"), "can") != 0)
        (void)commands->fail(question->request, -EINVAL, "this is not a CAN interface");
    else if (vcan->host->bus->payload_json(links[0], &json, &length) == 0)
        (void)commands->reply(question->request, json, length);
    vane_vcan_settle(vcan);
}

static int ask(struct vane_vcan *vcan, struct vane_request *request, const char *name,
               vane_links_found found)
{
    struct question *question = g_new0(struct question, 1);
    int r;

    question->vcan = vcan;
    question->request = request;
    r = vcan->host->links->query(vcan->self, name, 0, -1, found, question);
    if (r < 0) {
        g_free(question);
        return r;
    }
    vcan->jobs++;
    return -EINPROGRESS;
}

static int show_all(void *user, struct vane_request *request)
{
    return ask(user, request, NULL, on_all);
}

static int show_one(void *user, struct vane_request *request)
{
    struct vane_vcan *vcan = user;

    return ask(vcan, request, vcan->host->commands->argument(request, "NAME"), on_one);
}

static int show_counters(void *user, struct vane_request *request)
{
    struct vane_vcan *vcan = user;
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_member_bool(&json, "supported", vcan->unsupported == NULL);
    vane_json_member_uint64(&json, "sockets", vcan->doors->len);
    vane_json_member_uint64(&json, "clients", vcan->clients.length);
    vane_json_member_uint64(&json, "requests", vcan->requests);
    vane_json_member_uint64(&json, "refused", vcan->refused);
    vane_json_member_uint64(&json, "created", vcan->created);
    vane_json_member_uint64(&json, "deleted", vcan->deleted);
    vane_json_member_uint64(&json, "loop_ns_per_request",
                            vcan->requests ? vcan->held_ns / vcan->requests : 0);
    vane_json_object_end(&json);
    return reply(vcan, request, &json);
}

/* ---- can ---- */

static bool take_name(struct vane_vcan *vcan, struct vane_request *request, const char *parameter,
                      char *out)
{
    const char *name = vcan->host->commands->argument(request, parameter);
    const char *complaint = name ? vane_wire_name_complaint(name, strlen(name)) : NULL;

    if (complaint) {
        g_autofree char *message = g_strdup_printf("%s %s", parameter, complaint);

        (void)vcan->host->commands->fail(request, -EINVAL, message);
        return false;
    }
    g_strlcpy(out, name ? name : "", VANE_WIRE_NAME_MAX + 1);
    return true;
}

static void take_rate(struct vane_vcan *vcan, struct vane_request *request, const char *parameter,
                      struct vane_wire_request *out, unsigned type)
{
    const char *text = vcan->host->commands->argument(request, parameter);
    guint64 value = 0;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 1, 100000000, &value, NULL))
        return;
    out->numbers[type] = (uint32_t)value;
    out->present |= 1u << type;
}

static int run_operation(struct vane_vcan *vcan, struct vane_request *request, uint8_t operation)
{
    struct vane_vcan_job *job = g_new0(struct vane_vcan_job, 1);

    job->vcan = vcan;
    job->command = request;
    job->person.uid = vcan->host->commands->uid(request);
    job->person.gid = -1;
    job->request.operation = operation;
    job->request.present = 1u << VANE_WIRE_NAME;
    if (!take_name(vcan, request, "NAME", job->request.name) ||
        !take_name(vcan, request, "PEER", job->request.peer)) {
        vane_vcan_job_free(job);
        return 0;
    }
    if (job->request.peer[0]) {
        g_strlcpy(job->request.kind, "vxcan", sizeof(job->request.kind));
        job->request.present |= 1u << VANE_WIRE_PEER;
    }
    take_rate(vcan, request, "RATE", &job->request, VANE_WIRE_BITRATE);
    take_rate(vcan, request, "DATARATE", &job->request, VANE_WIRE_DATA_BITRATE);
    if (job->request.numbers[VANE_WIRE_DATA_BITRATE]) {
        job->request.numbers[VANE_WIRE_MODES] = VANE_WIRE_MODE_FD;
        job->request.present |= 1u << VANE_WIRE_MODES;
    }
    vcan->command_answered = false;
    vane_vcan_run(job);
    return vcan->command_answered ? 0 : -EINPROGRESS;
}

static int can_create(void *user, struct vane_request *request)
{
    return run_operation(user, request, VANE_WIRE_CREATE);
}

static int can_delete(void *user, struct vane_request *request)
{
    return run_operation(user, request, VANE_WIRE_DELETE);
}

static int can_up(void *user, struct vane_request *request)
{
    return run_operation(user, request, VANE_WIRE_UP);
}

static int can_down(void *user, struct vane_request *request)
{
    return run_operation(user, request, VANE_WIRE_DOWN);
}

static int can_bitrate(void *user, struct vane_request *request)
{
    struct vane_vcan *vcan = user;
    const char *rate = vcan->host->commands->argument(request, "RATE");

    if (!g_ascii_string_to_unsigned(rate, 10, 1, 100000000, NULL, NULL))
        return vcan->host->commands->fail(request, -EINVAL,
                                          "RATE is no number of bits a second, as 500000 is");
    return run_operation(vcan, request, VANE_WIRE_CONFIGURE);
}

/* ---- registration ---- */

static void complete(void *user, const char *parameter, struct vane_completion *completion)
{
    struct vane_vcan *vcan = user;
    const struct vane_payload *link;
    int64_t index = 0;

    if (strcmp(parameter, "NAME") != 0)
        return;
    while (vcan->host->links->next(vcan->self, (uint32_t)index, &link) == 0) {
        (void)vcan->host->bus->get_int64(link, "interface_index", &index);
        if (strcmp(text_of(vcan, link, "interface_type"), "can") == 0)
            (void)vcan->host->commands->offer(completion, text_of(vcan, link, "interface_name"),
                                              text_of(vcan, link, "kind"));
        vcan->host->bus->payload_unref(link);
    }
}

static const struct vane_command_word words[] = {
    {"show", "Show information"},
    {"can", "CAN interfaces"},
    {"counters", "Totals since the start"},
    {"detail", "Everything that the kernel tells"},
    {"create", "Create a virtual CAN interface"},
    {"delete", "Delete a virtual CAN interface"},
    {"up", "Raise it"},
    {"down", "Lower it"},
    {"bitrate", "Set the bit rate of a controller that is down"},
    {"peer", "Make a vxcan pair"},
    {"data", "The bit rate of the data phase, too; makes it CAN FD"},
    {"NAME", "Name of the interface"},
    {"PEER", "Name of the other end"},
    {"RATE", "Bits a second"},
    {"DATARATE", "Bits a second"},
};

static const struct vane_command_column columns[] = {
    {"Interface", "interface_name"},
    {"Kind", "kind"},
    {"State", "state"},
    {"Bus", "can_state"},
    {"Bit rate", "can_bitrate"},
    {"Tx errors", "can_transmit_errors"},
    {"Rx errors", "can_receive_errors"},
    {"Owner", "owner"},
    {"Lease", "lease"},
};

static const struct entry {
    const char *syntax, *help;
    uint32_t flags;
    bool table;
    int (*run)(void *user, struct vane_request *request);
} entries[] = {
    {"show can", "Show the CAN interfaces", 0, true, show_all},
    {"show can NAME detail", "Show all that the kernel tells of one", 0, false, show_one},
    {"show can counters", "Show what programs have asked for", 0, false, show_counters},
    {"can create NAME", "Create a vcan interface", VANE_COMMAND_CHANGES, false, can_create},
    {"can create NAME peer PEER", "Create a pair of vxcan interfaces", VANE_COMMAND_CHANGES, false,
     can_create},
    {"can delete NAME", "Delete a virtual CAN interface", VANE_COMMAND_CHANGES, false, can_delete},
    {"can up NAME", "Raise a CAN interface", VANE_COMMAND_CHANGES, false, can_up},
    {"can down NAME", "Lower a CAN interface", VANE_COMMAND_CHANGES, false, can_down},
    {"can bitrate NAME RATE [data DATARATE]", "Set the bit rate of a CAN controller",
     VANE_COMMAND_CHANGES, false, can_bitrate},
};

static int add(struct vane_vcan *vcan, unsigned index)
{
    const struct entry *entry = &entries[index];
    const struct vane_command command = {
        .size = sizeof(command),
        .flags = entry->flags,
        .syntax = entry->syntax,
        .help = entry->help,
        .words = words,
        .word_size = sizeof(words[0]),
        .word_count = ELEMENTS(words),
        .columns = entry->table ? columns : NULL,
        .column_size = sizeof(columns[0]),
        .column_count = entry->table ? ELEMENTS(columns) : 0,
        .run = entry->run,
        .complete = complete,
        .user = vcan,
    };

    return vcan->host->commands->add(vcan->self, &command, &vcan->commands[index]);
}

int vane_vcan_commands_add(struct vane_vcan *vcan)
{
    int r = 0;

    G_STATIC_ASSERT(ELEMENTS(entries) == VANE_VCAN_COMMANDS);
    for (unsigned i = 0; i < ELEMENTS(entries) && r == 0; i++)
        r = add(vcan, i);
    return r;
}

void vane_vcan_commands_remove(struct vane_vcan *vcan)
{
    for (unsigned i = 0; i < VANE_VCAN_COMMANDS; i++) {
        if (vcan->commands[i])
            (void)vcan->host->commands->remove(vcan->self, vcan->commands[i]);
        vcan->commands[i] = NULL;
    }
}
