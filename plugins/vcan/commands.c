/* The commands: those that change something are requests as those of programs are. See vcan.h. */
#include <errno.h>
#include <string.h>

#include "lib/array.h"
#include "plugins/vcan/vcan.h"

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
        if (strcmp(vane_vcan_link_text(vcan, link, "interface_type"), "can") == 0)
            (void)vcan->host->commands->offer(completion,
                                              vane_vcan_link_text(vcan, link, "interface_name"),
                                              vane_vcan_link_text(vcan, link, "kind"));
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
    {"show can", "Show the CAN interfaces", 0, true, vane_vcan_show_all},
    {"show can NAME detail", "Show all that the kernel tells of one", 0, false, vane_vcan_show_one},
    {"show can counters", "Show what programs have asked for", 0, false, vane_vcan_show_counters},
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
