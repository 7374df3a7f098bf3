/*
 * What is there under a name. In our own namespace the kernel is asked by ioctl(2), which is
 * answered at once and knows what has happened just before; elsewhere by the engine's query.
 */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "plugins/vcan/vcan.h"

static bool ask(const struct vane_vcan *vcan, unsigned long what, const char *name,
                struct ifreq *request)
{
    g_strlcpy(request->ifr_name, name, sizeof(request->ifr_name));
    return ioctl(vcan->look_fd, what, request) == 0;
}

void vane_vcan_see(struct vane_vcan *vcan, const char *name, struct vane_vcan_seen *seen)
{
    struct ifreq request = {0};

    *seen = (struct vane_vcan_seen){0};
    if (vcan->host->links->index_of(vcan->self, name, -1, &seen->index) < 0)
        return;
    if (!ask(vcan, SIOCGIFFLAGS, name, &request))
        return;
    seen->up = request.ifr_flags & IFF_UP;
    if (!ask(vcan, SIOCGIFHWADDR, name, &request))
        return;
    seen->is_can = request.ifr_hwaddr.sa_family == ARPHRD_CAN;
    seen->exists = true;
}

const char *vane_vcan_link_text(const struct vane_vcan *vcan, const struct vane_payload *link,
                                const char *member)
{
    const char *text = "";

    (void)vcan->host->bus->get_string(link, member, &text);
    return text;
}

bool vane_vcan_has_flag(const struct vane_vcan *vcan, const struct vane_payload *link,
                        const char *flag)
{
    const char *const *flags = NULL;
    uint32_t count = 0;

    (void)vcan->host->bus->get_strings(link, "flags", &flags, &count);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(flags[i], flag) == 0)
            return true;
    return false;
}

static void fill_details(struct vane_vcan_job *job, const struct vane_payload *link)
{
    g_strlcpy(job->seen.kind, vane_vcan_link_text(job->vcan, link, "kind"), sizeof(job->seen.kind));
    g_strlcpy(job->seen.alias, vane_vcan_link_text(job->vcan, link, "alias"),
              sizeof(job->seen.alias));
}

static void fill(struct vane_vcan_job *job, const struct vane_payload *link)
{
    int64_t index = 0;

    (void)job->vcan->host->bus->get_int64(link, "interface_index", &index);
    job->seen.exists = true;
    job->seen.index = (uint32_t)index;
    job->seen.is_can = strcmp(vane_vcan_link_text(job->vcan, link, "interface_type"), "can") == 0;
    job->seen.up = vane_vcan_has_flag(job->vcan, link, "up");
    fill_details(job, link);
}

static void take_links(struct vane_vcan_job *job, const struct vane_payload *const *links,
                       uint32_t count)
{
    job->seen = (struct vane_vcan_seen){0};
    job->had = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct vane_mark mark;

        if (strcmp(vane_vcan_link_text(job->vcan, links[i], "interface_name"), job->request.name) ==
            0)
            fill(job, links[i]);
        if (vane_mark_read(vane_vcan_link_text(job->vcan, links[i], "alias"), &mark) &&
            mark.uid == job->person.uid && !mark.peer)
            job->had++;
    }
}

/* Elsewhere nobody tells of deletions by others: leases of what is not there any more have ended.
 */
static void forget_gone(struct vane_vcan_job *job, const struct vane_payload *const *links,
                        uint32_t count)
{
    g_autoptr(GHashTable) there = g_hash_table_new(NULL, NULL);
    GList *next;

    for (uint32_t i = 0; i < count; i++) {
        int64_t index = 0;

        (void)job->vcan->host->bus->get_int64(links[i], "interface_index", &index);
        g_hash_table_add(there, GUINT_TO_POINTER((guint)index));
    }
    for (GList *at = job->client->leases.head; at; at = next) {
        const struct vane_vcan_owned *owned = at->data;

        next = at->next;
        if (!g_hash_table_contains(there, GUINT_TO_POINTER(owned->spot.index)))
            vane_vcan_disown(job->vcan, job->place, owned->spot.index);
    }
}

/* All of them for CREATE elsewhere: they count for the quota. */
static bool needs_all(const struct vane_vcan_job *job)
{
    return job->place && job->request.operation == VANE_WIRE_CREATE;
}

static void on_found(void *user, int result, const struct vane_payload *const *links,
                     uint32_t count)
{
    struct vane_vcan_job *job = user;

    job->vcan->jobs--;
    if (result < 0 && result != -ENODEV)
        vane_vcan_fail_errno(job, result, "its interfaces cannot be read");
    else {
        take_links(job, links, result < 0 ? 0 : count);
        if (result == 0 && needs_all(job) && job->client)
            forget_gone(job, links, count);
        job->next(job);
    }
}

void vane_vcan_query(struct vane_vcan_job *job, bool all, vane_links_found found)
{
    struct vane_vcan *vcan = job->vcan;
    int r = vcan->host->links->query(vcan->self, all ? NULL : job->request.name, 0,
                                     vane_vcan_place_fd(job->place), found, job);

    if (r < 0)
        vane_vcan_fail_errno(job, r, NULL);
    else
        vcan->jobs++;
}

static bool needs_details(const struct vane_vcan_job *job)
{
    uint8_t operation = job->request.operation;

    return job->seen.exists && job->seen.is_can && operation != VANE_WIRE_UP &&
           operation != VANE_WIRE_DOWN;
}

static bool details_are_known(struct vane_vcan_job *job)
{
    struct vane_vcan *vcan = job->vcan;
    const struct vane_vcan_owned *owned =
        g_hash_table_lookup(vcan->owned, GUINT_TO_POINTER(job->seen.index));
    const struct vane_payload *link;

    if (owned) {
        g_strlcpy(job->seen.kind, owned->kind, sizeof(job->seen.kind));
        g_strlcpy(job->seen.alias, owned->alias, sizeof(job->seen.alias));
        return true;
    }
    if (vcan->host->links->get(vcan->self, job->seen.index, &link) < 0)
        return false;
    fill_details(job, link);
    vcan->host->bus->payload_unref(link);
    return true;
}

void vane_vcan_look(struct vane_vcan_job *job, void (*next)(struct vane_vcan_job *job))
{
    job->next = next;
    if (!job->place) {
        vane_vcan_see(job->vcan, job->request.name, &job->seen);
        if (!needs_details(job) || details_are_known(job)) {
            next(job);
            return;
        }
    }
    vane_vcan_query(job, needs_all(job), on_found);
}
