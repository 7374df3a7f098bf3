/* GET and LIST: what the kernel says of CAN interfaces just now. */
#include <errno.h>
#include <string.h>

#include "plugins/vcan/vcan.h"

static bool is_can(const struct vane_vcan *vcan, const struct vane_payload *link)
{
    const char *type = "";

    (void)vcan->host->bus->get_string(link, "interface_type", &type);
    return strcmp(type, "can") == 0;
}

static void answer(struct vane_vcan_job *job, const struct vane_payload *const *links,
                   uint32_t count)
{
    vane_vcan_answer(job, links, count);
    vane_vcan_job_over(job);
}

static void answer_list(struct vane_vcan_job *job, const struct vane_payload *const *links,
                        uint32_t count)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();

    for (uint32_t i = 0; i < count; i++)
        if (is_can(job->vcan, links[i]))
            g_ptr_array_add(found, (gpointer)(uintptr_t)links[i]);
    answer(job, (const struct vane_payload *const *)found->pdata, found->len);
}

static void on_found(void *user, int result, const struct vane_payload *const *links,
                     uint32_t count)
{
    struct vane_vcan_job *job = user;
    const char *name = job->request.name;

    job->vcan->jobs--;
    if (job->request.operation == VANE_WIRE_LIST && result == 0)
        answer_list(job, links, count);
    else if (result == -ENODEV || (result == 0 && count == 0))
        vane_vcan_fail(job, VANE_WIRE_NOT_FOUND, "there is no interface %s", name);
    else if (result < 0)
        vane_vcan_fail_errno(job, result, NULL);
    else if (!is_can(job->vcan, links[0]))
        vane_vcan_fail(job, VANE_WIRE_NOT_CAN, "%s is not a CAN interface", name);
    else
        answer(job, links, 1);
}

void vane_vcan_inspect(struct vane_vcan_job *job)
{
    vane_vcan_query(job, job->request.operation == VANE_WIRE_LIST, on_found);
}
