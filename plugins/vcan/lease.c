/*
 * What was made for whom, and until when. In our own namespace everything is remembered, by the
 * marks on the interfaces themselves; of others only what a connection's end has to take away.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

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
        g_queue_unlink(&owned->client->leases, &owned->link);
    owned->client = NULL;
}

static void free_owned(struct vane_vcan_owned *owned)
{
    forget_lease(owned);
    if (owned->place)
        (void)vane_vcan_tally(owned->vcan->held, owned->uid, -1);
    vane_vcan_place_unref(owned->place);
    g_free(owned);
}

static struct vane_vcan_spot spot_of(const struct vane_vcan_place *place, uint32_t index)
{
    return (struct vane_vcan_spot){.netns = {place->netns[0], place->netns[1]}, .index = index};
}

struct vane_vcan_owned *vane_vcan_owned_at(struct vane_vcan *vcan,
                                           const struct vane_vcan_place *place, uint32_t index)
{
    struct vane_vcan_spot spot;

    if (!place)
        return g_hash_table_lookup(vcan->owned, GUINT_TO_POINTER(index));
    spot = spot_of(place, index);
    return g_hash_table_lookup(vcan->foreign, &spot);
}

/* Unless another one has its place there by now. */
static void leave_table(struct vane_vcan_owned *owned)
{
    struct vane_vcan *vcan = owned->vcan;

    if (vane_vcan_owned_at(vcan, owned->place, owned->spot.index) != owned)
        return;
    if (owned->place)
        g_hash_table_remove(vcan->foreign, &owned->spot);
    else
        g_hash_table_remove(vcan->owned, GUINT_TO_POINTER(owned->spot.index));
}

static void drop(struct vane_vcan_owned *owned)
{
    leave_table(owned);
    free_owned(owned);
}

void vane_vcan_disown(struct vane_vcan *vcan, struct vane_vcan_place *place, uint32_t index)
{
    struct vane_vcan_owned *owned = vane_vcan_owned_at(vcan, place, index);

    if (owned && !owned->going)
        drop(owned);
}

/* In the place of what was known of this index before. */
static struct vane_vcan_owned *new_owned(struct vane_vcan *vcan, struct vane_vcan_place *place,
                                         uint32_t index, uint32_t uid)
{
    struct vane_vcan_owned *owned = g_new0(struct vane_vcan_owned, 1);
    struct vane_vcan_owned *before = vane_vcan_owned_at(vcan, place, index);

    if (before && before->going)
        leave_table(before);
    else if (before)
        drop(before);
    owned->vcan = vcan;
    owned->uid = uid;
    owned->link.data = owned;
    owned->spot.index = index;
    if (!place) {
        g_hash_table_insert(vcan->owned, GUINT_TO_POINTER(index), owned);
        return owned;
    }
    owned->place = g_rc_box_acquire(place);
    owned->spot = spot_of(place, index);
    g_hash_table_insert(vcan->foreign, &owned->spot, owned);
    (void)vane_vcan_tally(vcan->held, uid, 1);
    return owned;
}

/* ---- its end ---- */

/* A renewal that was just before the deletion has not saved it. */
static void drop_renewed(const struct vane_vcan_owned *owned)
{
    struct vane_vcan_owned *other =
        vane_vcan_owned_at(owned->vcan, owned->place, owned->spot.index);

    if (other && other != owned && !other->going && strcmp(other->alias, owned->alias) == 0)
        drop(other);
}

static void on_deleted(void *user, int result, const char *message)
{
    struct vane_vcan_owned *owned = user;
    struct vane_vcan *vcan = owned->vcan;

    vcan->jobs--;
    if (result == 0)
        vane_vcan_report_deleted(vcan, owned->name, owned->spot.index, owned->uid, "lease");
    else if (result != -ENODEV && result != -ESTALE)
        vcan->host->log->print(vcan->self, VANE_LOG_WARNING,
                               "%s, whose lease has ended, cannot be deleted: %s", owned->name,
                               message ? message : g_strerror(-result));
    if (result == 0 || result == -ENODEV)
        drop_renewed(owned);
    drop(owned);
    vane_vcan_settle(vcan);
}

void vane_vcan_expire(struct vane_vcan_owned *owned, const char *why)
{
    const struct vane_link_expect expect = {
        .size = sizeof(expect), .interface_type = "can", .alias = owned->alias};
    const struct vane_link_change change = {.size = sizeof(change),
                                            .what = VANE_LINK_DELETE,
                                            .netns_fd = vane_vcan_place_fd(owned->place),
                                            .move_netns_fd = -1,
                                            .expect = &expect};
    struct vane_vcan *vcan = owned->vcan;

    if (owned->going)
        return;
    owned->going = true;
    forget_lease(owned);
    vane_vcan_report_expired(owned, why);
    vcan->jobs++;
    if (vcan->host->links->change(vcan->self, owned->spot.index, &change, on_deleted, owned) < 0) {
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
    if (owned->mark.lease == VANE_LEASE_NONE || (until && !owned->place))
        return;
    owned->client = client;
    if (client)
        g_queue_push_tail_link(&client->leases, &owned->link);
}

struct vane_vcan_owned *vane_vcan_own(struct vane_vcan_job *job, const char *name, uint32_t index)
{
    struct vane_vcan_owned *owned;
    struct vane_mark mark;

    if (!vane_mark_read(job->alias, &mark) || (job->place && mark.lease == VANE_LEASE_NONE))
        return NULL;
    owned = new_owned(job->vcan, job->place, index, mark.uid);
    if (job->holds) /* its own count takes over */
        (void)vane_vcan_tally(job->vcan->held, job->person.uid, -1);
    job->holds = false;
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
    owned = new_owned(vcan, NULL, (uint32_t)index, mark.uid);
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
    struct vane_vcan_owned *owned;

    while ((owned = g_queue_peek_head(&client->leases))) {
        if (client->vcan->stopping && !owned->place)
            forget_lease(owned); /* it waits for its client in the next life */
        else
            vane_vcan_expire(owned, "connection");
    }
}

/* Nobody could find those in other namespaces again. */
void vane_vcan_leases_end(struct vane_vcan *vcan)
{
    g_autoptr(GList) all = g_hash_table_get_values(vcan->foreign);

    for (GList *at = all; at; at = at->next)
        vane_vcan_expire(at->data, "shutdown");
}
