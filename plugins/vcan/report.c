/* Events about what was made, taken away and refused, and about the state of buses. */
#include <string.h>

#include "plugins/vcan/vcan.h"

#define DENIED_PER_SECOND 10u

static void publish(struct vane_vcan *vcan, const char *topic, const struct vane_field *fields,
                    uint32_t count)
{
    const struct vane_fields payload = {sizeof(fields[0]), count, fields};

    (void)vcan->host->bus->publish(vcan->self, topic, &payload, NULL, NULL);
}

void vane_vcan_report_created(struct vane_vcan_job *job, uint32_t index)
{
    const struct vane_field fields[] = {
        vane_string("interface_name", job->request.name),
        vane_uint64("interface_index", index),
        vane_string("kind", vane_vcan_wanted_kind(job)),
        vane_int64("uid", job->person.uid),
        vane_int64("pid", job->client ? job->client->pid : -1),
        vane_string("program", job->client ? vane_vcan_client_program(job->client) : ""),
        vane_bool("own_namespace", !job->place),
        vane_string("peer_name", job->request.peer),
    };

    publish(job->vcan, "vcan.created", fields, job->request.peer[0] ? 8 : 7);
}

void vane_vcan_report_deleted(struct vane_vcan *vcan, const char *name, uint32_t index, int64_t uid,
                              const char *reason)
{
    const struct vane_field fields[] = {
        vane_string("interface_name", name),
        vane_uint64("interface_index", index),
        vane_int64("uid", uid),
        vane_string("reason", reason),
    };

    vcan->deleted++;
    publish(vcan, "vcan.deleted", fields, 4);
}

void vane_vcan_report_expired(struct vane_vcan_owned *owned, const char *why)
{
    const struct vane_field fields[] = {
        vane_string("interface_name", owned->name),
        vane_uint64("interface_index", owned->spot.index),
        vane_int64("uid", owned->uid),
        vane_string("reason", why),
        vane_bool("own_namespace", !owned->place),
    };

    publish(owned->vcan, "vcan.lease_expired", fields, 5);
}

/* Whoever tries in a loop shall not push everybody's events out of the history. */
static bool may_publish(struct vane_vcan *vcan)
{
    uint64_t second = 0;

    (void)vcan->host->loop->now(&second);
    second /= 1000000000u;
    if (second != vcan->denied_since) {
        vcan->denied_since = second;
        vcan->denied_tokens = DENIED_PER_SECOND;
    }
    if (vcan->denied_tokens == 0) {
        vcan->denied_kept_back++;
        return false;
    }
    vcan->denied_tokens--;
    return true;
}

void vane_vcan_report_denied(struct vane_vcan_job *job)
{
    struct vane_vcan *vcan = job->vcan;
    const char *operation = vane_wire_operation_name(job->request.operation);

    if ((job->code != VANE_WIRE_NOT_PERMITTED && job->code != VANE_WIRE_NOT_CAN &&
         job->code != VANE_WIRE_QUOTA) ||
        !may_publish(vcan))
        return;
    const struct vane_field fields[] = {
        vane_string("interface_name", job->request.name),
        vane_string("operation", operation ? operation : "?"),
        vane_string("error", vane_wire_code_name(job->code)),
        vane_string("reason", job->message),
        vane_int64("uid", job->person.uid),
        vane_int64("pid", job->client ? job->client->pid : -1),
        vane_string("program", job->client ? vane_vcan_client_program(job->client) : ""),
        vane_uint64("suppressed", vcan->denied_kept_back),
    };

    vcan->denied_kept_back = 0;
    publish(vcan, "vcan.denied", fields, 8);
}
