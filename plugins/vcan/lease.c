/*
 * What was made for whom, and until when. In our own namespace everything is remembered, by the
 * marks on the interfaces themselves; of others only what a connection's end has to take away.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "lib/cleanup.h"
#include "plugins/vcan/vcan.h"

uint64_t vane_vcan_boottime(void)
{
    struct timespec moment;

    return clock_gettime(CLOCK_BOOTTIME, &moment) == 0 ? (uint64_t)moment.tv_sec : 0;
}

uint32_t vane_vcan_lease_left(const struct vane_mark *mark)
{
    uint64_t moment = vane_vcan_boottime();

    if (mark->lease != VANE_LEASE_UNTIL)
        return VANE_WIRE_LEASE_CONNECTION;
    return mark->until > moment ? (uint32_t)MIN(mark->until - moment, UINT32_MAX - 1) : 0;
}

void vane_vcan_mark(const struct vane_vcan_job *job, struct vane_mark *mark)
{
    uint32_t seconds = job->request.numbers[VANE_WIRE_LEASE];

    *mark = (struct vane_mark){.uid = (uint32_t)job->person.uid};
    g_strlcpy(mark->socket, job->socket, sizeof(mark->socket));
    if (!(job->request.present & (1u << VANE_WIRE_LEASE)))
        return;
    mark->lease = seconds ? VANE_LEASE_UNTIL : VANE_LEASE_CONNECTION;
    mark->until = seconds ? vane_vcan_boottime() + seconds : 0;
}

uint32_t vane_vcan_count_of(struct vane_vcan *vcan, int64_t uid)
{
    struct vane_vcan_owned *owned;
    GHashTableIter all;
    uint32_t count = 0;

    g_hash_table_iter_init(&all, vcan->owned);
    while (g_hash_table_iter_next(&all, NULL, (gpointer *)&owned))
        count += owned->uid == uid && !owned->mark.peer;
    return count;
}

/* ---- one of them ---- */

static void forget_lease(struct vane_vcan_owned *owned)
{
    if (owned->timer)
        (void)owned->vcan->host->loop->timer_stop(owned->vcan->self, owned->timer);
    owned->timer = NULL;
    if (owned->client)
        owned->client->leases--;
    owned->client = NULL;
}

static void free_owned(struct vane_vcan_owned *owned)
{
    forget_lease(owned);
    if (owned->netns_fd >= 0)
        g_queue_unlink(&owned->vcan->foreign, &owned->link);
    cleanup_close(&owned->netns_fd);
    g_free(owned);
}

static struct vane_vcan_owned *new_owned(struct vane_vcan *vcan, uint32_t index, int netns_fd)
{
    struct vane_vcan_owned *owned = g_new0(struct vane_vcan_owned, 1);

    owned->vcan = vcan;
    owned->index = index;
    owned->netns_fd = netns_fd < 0 ? -1 : fcntl(netns_fd, F_DUPFD_CLOEXEC, 3);
    owned->link.data = owned;
    if (netns_fd < 0)
        g_hash_table_insert(vcan->owned, GUINT_TO_POINTER(index), owned);
    else
        g_queue_push_tail_link(&vcan->foreign, &owned->link);
    return owned;
}

static void drop(struct vane_vcan_owned *owned)
{
    if (owned->netns_fd < 0)
        g_hash_table_remove(owned->vcan->owned, GUINT_TO_POINTER(owned->index));
    free_owned(owned);
}

void vane_vcan_disown(struct vane_vcan *vcan, uint32_t index)
{
    struct vane_vcan_owned *owned = g_hash_table_lookup(vcan->owned, GUINT_TO_POINTER(index));

    if (owned && !owned->going)
        drop(owned);
}

/* ---- its end ---- */

static void on_deleted(void *user, int result, const char *message)
{
    struct vane_vcan_owned *owned = user;
    struct vane_vcan *vcan = owned->vcan;

    vcan->jobs--;
    if (result == 0)
        vane_vcan_report_deleted(vcan, owned->name, owned->index, owned->uid, "lease");
    else if (result != -ENODEV && result != -ESTALE)
        vcan->host->log->print(vcan->self, VANE_LOG_WARNING,
                               "%s, whose lease has ended, cannot be deleted: %s", owned->name,
                               message ? message : g_strerror(-result));
    drop(owned);
    vane_vcan_settle(vcan);
}

void vane_vcan_expire(struct vane_vcan_owned *owned, const char *why)
{
    const struct vane_link_expect expect = {
        .size = sizeof(expect), .interface_type = "can", .alias = owned->alias};
    const struct vane_link_change change = {.size = sizeof(change),
                                            .what = VANE_LINK_DELETE,
                                            .netns_fd = owned->netns_fd,
                                            .move_netns_fd = -1,
                                            .expect = &expect};
    struct vane_vcan *vcan = owned->vcan;

    if (owned->going)
        return;
    owned->going = true;
    forget_lease(owned);
    vane_vcan_report_expired(owned, why);
    vcan->jobs++;
    if (vcan->host->links->change(vcan->self, owned->index, &change, on_deleted, owned) < 0) {
        vcan->jobs--;
        drop(owned);
    }
}

static void on_time(void *user)
{
    struct vane_vcan_owned *owned = user;

    owned->timer = NULL;
    vane_vcan_expire(owned, "time");
}

static void on_grace(void *user)
{
    struct vane_vcan_owned *owned = user;

    owned->timer = NULL;
    vane_vcan_expire(owned, "connection");
}

static void start_timer(struct vane_vcan_owned *owned, uint64_t milliseconds,
                        void (*callback)(void *user))
{
    (void)owned->vcan->host->loop->timer_start(owned->vcan->self, milliseconds, 0, callback, owned,
                                               &owned->timer);
}

/* ---- its beginning ---- */

static void begin_lease(struct vane_vcan_owned *owned, struct vane_vcan_client *client)
{
    bool until = owned->mark.lease == VANE_LEASE_UNTIL;

    if (until)
        start_timer(owned, vane_vcan_lease_left(&owned->mark) * UINT64_C(1000), on_time);
    if (owned->mark.lease == VANE_LEASE_NONE || (until && owned->netns_fd < 0))
        return;
    owned->client = client;
    if (client)
        client->leases++;
}

static struct vane_vcan_owned *find(const struct vane_vcan_job *job, uint32_t index)
{
    if (job->netns_fd < 0)
        return g_hash_table_lookup(job->vcan->owned, GUINT_TO_POINTER(index));
    for (GList *at = job->vcan->foreign.head; at; at = at->next) {
        struct vane_vcan_owned *owned = at->data;

        if (owned->index == index && owned->client && owned->client == job->client)
            return owned;
    }
    return NULL;
}

struct vane_vcan_owned *vane_vcan_own(struct vane_vcan_job *job, const char *name, uint32_t index)
{
    struct vane_vcan_owned *owned = find(job, index);
    struct vane_mark mark;

    if (!vane_mark_read(job->alias, &mark) || (job->netns_fd >= 0 && mark.lease == VANE_LEASE_NONE))
        return NULL;
    if (!owned)
        owned = new_owned(job->vcan, index, job->netns_fd);
    forget_lease(owned);
    owned->uid = mark.uid;
    owned->mark = mark;
    g_strlcpy(owned->alias, job->alias, sizeof(owned->alias));
    g_strlcpy(owned->name, name, sizeof(owned->name));
    g_strlcpy(owned->kind, job->seen.kind[0] ? job->seen.kind : vane_vcan_wanted_kind(job),
              sizeof(owned->kind));
    begin_lease(owned, job->client);
    return owned;
}

/* A daemon before us has made it, maybe for a program that is still there and will say so. */
static void take_up(struct vane_vcan *vcan, const struct vane_payload *link)
{
    const struct vane_bus *bus = vcan->host->bus;
    const char *alias = NULL, *name = "", *kind = "vcan";
    struct vane_vcan_owned *owned;
    struct vane_mark mark;
    int64_t index = 0;

    (void)bus->get_string(link, "alias", &alias);
    if (!vane_mark_read(alias, &mark) || bus->get_int64(link, "interface_index", &index) < 0)
        return;
    (void)bus->get_string(link, "interface_name", &name);
    (void)bus->get_string(link, "kind", &kind);
    owned = new_owned(vcan, (uint32_t)index, -1);
    owned->uid = mark.uid;
    owned->mark = mark;
    g_strlcpy(owned->alias, alias, sizeof(owned->alias));
    g_strlcpy(owned->name, name, sizeof(owned->name));
    g_strlcpy(owned->kind, kind, sizeof(owned->kind));
    if (!g_strv_contains((const char *const *)vcan->options.listen, mark.socket))
        return; /* another daemon's to take away */
    if (mark.lease == VANE_LEASE_UNTIL)
        begin_lease(owned, NULL);
    if (mark.lease == VANE_LEASE_CONNECTION)
        start_timer(owned, vcan->options.lease_grace_ms, on_grace);
}

void vane_vcan_leases_begin(struct vane_vcan *vcan)
{
    const struct vane_payload *link;
    int64_t index = 0;

    while (vcan->host->links->next(vcan->self, (uint32_t)index, &link) == 0) {
        (void)vcan->host->bus->get_int64(link, "interface_index", &index);
        take_up(vcan, link);
        vcan->host->bus->payload_unref(link);
    }
}

/* ---- ends of clients and of the daemon ---- */

void vane_vcan_client_leaves(struct vane_vcan_client *client)
{
    g_autoptr(GPtrArray) ending = g_ptr_array_new();
    struct vane_vcan *vcan = client->vcan;
    struct vane_vcan_owned *owned;
    GHashTableIter all;

    if (client->leases == 0)
        return;
    g_hash_table_iter_init(&all, vcan->owned);
    while (g_hash_table_iter_next(&all, NULL, (gpointer *)&owned))
        if (owned->client == client)
            g_ptr_array_add(ending, owned);
    for (GList *at = vcan->foreign.head; at; at = at->next)
        if (((struct vane_vcan_owned *)at->data)->client == client)
            g_ptr_array_add(ending, at->data);
    for (guint i = 0; i < ending->len; i++) {
        owned = ending->pdata[i];
        if (vcan->stopping && owned->netns_fd < 0)
            forget_lease(owned); /* it waits for its client in the next life */
        else
            vane_vcan_expire(owned, "connection");
    }
}

/* Nobody could find those in other namespaces again. */
void vane_vcan_leases_end(struct vane_vcan *vcan)
{
    GList *next;

    for (GList *at = vcan->foreign.head; at; at = next) {
        next = at->next;
        vane_vcan_expire(at->data, "shutdown");
    }
}
