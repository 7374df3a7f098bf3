/* Answers as bytes of the client's form, or as the result of a command. */
#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "lib/json/writer.h"
#include "plugins/vcan/vcan.h"

#define ANSWER_ROOM (VANE_WIRE_HEAD + VANE_WIRE_ANSWER_MAX)

static void answer_command(struct vane_vcan_job *job)
{
    const struct vane_commands *commands = job->vcan->host->commands;
    struct vane_json json = {0};
    const char *text;
    size_t length;

    job->vcan->command_answered = true;
    if (job->code != VANE_WIRE_OK) {
        (void)commands->fail(job->command, -EINVAL, job->message);
        return;
    }
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "interface_name", job->request.name);
    vane_json_member_string(&json, "done", vane_wire_operation_name(job->request.operation));
    vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    (void)commands->reply(job->command, text, length);
    vane_json_clear(&json);
}

static void answer_classic(struct vane_vcan_job *job)
{
    uint8_t out[VANE_WIRE_CLASSIC_ANSWER_HEAD + VANE_VCAN_MESSAGE_MAX];
    size_t length = vane_wire_classic_answer_put(out, sizeof(out), job->code, job->message,
                                                 job->vcan->options.big_endian);

    g_byte_array_append(job->client->output, out, (guint)length);
}

/* ---- the second form ---- */

struct number {
    uint16_t type;
    const char *member;
};

static const struct number numbers[] = {
    {VANE_WIRE_INDEX, "interface_index"},
    {VANE_WIRE_MTU, "mtu"},
    {VANE_WIRE_BITRATE, "can_bitrate"},
    {VANE_WIRE_SAMPLE_POINT, "can_sample_point"},
    {VANE_WIRE_DATA_BITRATE, "can_data_bitrate"},
    {VANE_WIRE_DATA_SAMPLE_POINT, "can_data_sample_point"},
    {VANE_WIRE_RESTART_MS, "can_restart_ms"},
    {VANE_WIRE_TERMINATION, "can_termination"},
    {VANE_WIRE_TX_ERRORS, "can_transmit_errors"},
    {VANE_WIRE_RX_ERRORS, "can_receive_errors"},
    {VANE_WIRE_BUS_ERRORS, "can_bus_errors"},
    {VANE_WIRE_ERROR_WARNINGS, "can_error_warnings"},
    {VANE_WIRE_ERROR_PASSIVES, "can_error_passives"},
    {VANE_WIRE_BUS_OFFS, "can_bus_offs"},
    {VANE_WIRE_ARBITRATION_LOST, "can_arbitration_lost"},
    {VANE_WIRE_RESTARTS, "can_restarts"},
};

static uint32_t bits_of(const struct vane_bus *bus, const struct vane_payload *link,
                        const char *member, const struct number *words, size_t count)
{
    const char *const *list = NULL;
    uint32_t length = 0, bits = 0;

    (void)bus->get_strings(link, member, &list, &length);
    for (uint32_t i = 0; i < length; i++)
        for (size_t j = 0; j < count; j++)
            if (strcmp(list[i], words[j].member) == 0)
                bits |= words[j].type;
    return bits;
}

/* IFF_... whose words the link table uses; those that matter to a user of CAN. */
static const struct number flag_words[] = {
    {0x1, "up"},
    {0x40, "running"},
    {0x80, "no-arp"},
};

static const struct number mode_words[] = {
    {VANE_WIRE_MODE_LOOPBACK, "loopback"},
    {VANE_WIRE_MODE_LISTEN_ONLY, "listen-only"},
    {VANE_WIRE_MODE_FD, "fd"},
};

static void put_state(struct vane_wire_writer *writer, const char *state)
{
    static const char *const words[] = {"error-active", "error-warning", "error-passive",
                                        "bus-off",      "stopped",       "sleeping"};

    for (uint32_t i = 0; i < ELEMENTS(words); i++)
        if (strcmp(words[i], state) == 0)
            vane_wire_put_u32(writer, VANE_WIRE_STATE, i);
}

static void put_owner(struct vane_wire_writer *writer, const char *alias)
{
    struct vane_mark mark;

    if (!vane_mark_read(alias, &mark))
        return;
    vane_wire_put_u32(writer, VANE_WIRE_OWNER, mark.uid);
    if (mark.lease != VANE_LEASE_NONE)
        vane_wire_put_u32(writer, VANE_WIRE_LEASE_LEFT, vane_vcan_lease_left(&mark));
}

static void put_link(struct vane_wire_writer *writer, const struct vane_bus *bus,
                     const struct vane_payload *link)
{
    const char *text;
    uint64_t number;

    if (bus->get_string(link, "interface_name", &text) == 0)
        vane_wire_put_text(writer, VANE_WIRE_NAME, text);
    if (bus->get_string(link, "kind", &text) == 0)
        vane_wire_put_text(writer, VANE_WIRE_KIND, text);
    vane_wire_put_u32(writer, VANE_WIRE_FLAGS,
                      bits_of(bus, link, "flags", flag_words, ELEMENTS(flag_words)));
    for (size_t i = 0; i < ELEMENTS(numbers); i++)
        if (bus->get_uint64(link, numbers[i].member, &number) == 0)
            vane_wire_put_u32(writer, numbers[i].type, (uint32_t)MIN(number, UINT32_MAX));
    if (bus->get_string(link, "can_state", &text) == 0) {
        put_state(writer, text);
        vane_wire_put_u32(writer, VANE_WIRE_MODES,
                          bits_of(bus, link, "can_modes", mode_words, ELEMENTS(mode_words)));
    }
    if (bus->get_string(link, "alias", &text) == 0)
        put_owner(writer, text);
}

static void put_hello(struct vane_wire_writer *writer, const struct vane_vcan *vcan)
{
    vane_wire_put_text(writer, VANE_WIRE_VERSION, vcan->host->identity->host_version());
    vane_wire_put_u32(writer, VANE_WIRE_SUPPORTED, vcan->unsupported == NULL);
    if (vcan->unsupported)
        vane_wire_put_text(writer, VANE_WIRE_MESSAGE, vcan->unsupported);
}

static void put_one(struct vane_vcan_job *job, const struct vane_payload *link, uint8_t more)
{
    const struct vane_wire_head head = {
        .operation = job->request.operation | more, .code = job->code, .id = job->request.id};
    struct vane_wire_writer writer;
    uint8_t out[ANSWER_ROOM];

    vane_wire_begin(&writer, out, sizeof(out), &head);
    if (job->code != VANE_WIRE_OK)
        vane_wire_put_text(&writer, VANE_WIRE_MESSAGE, job->message);
    else if (link)
        put_link(&writer, job->vcan->host->bus, link);
    else if (job->request.operation == VANE_WIRE_CREATE)
        vane_wire_put_u32(&writer, VANE_WIRE_INDEX, job->seen.index);
    else if (job->request.operation == VANE_WIRE_HELLO)
        put_hello(&writer, job->vcan);
    g_byte_array_append(job->client->output, out, (guint)vane_wire_end(&writer));
}

void vane_vcan_answer(struct vane_vcan_job *job, const struct vane_payload *const *links,
                      uint32_t count)
{
    bool list = job->request.operation == VANE_WIRE_LIST;

    if (job->command) {
        answer_command(job);
        return;
    }
    if (!job->client)
        return;
    if (job->client->form == VANE_VCAN_CLASSIC) {
        answer_classic(job);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        put_one(job, links[i], list ? VANE_WIRE_MORE : 0);
    if (list || count == 0)
        put_one(job, NULL, 0);
}
