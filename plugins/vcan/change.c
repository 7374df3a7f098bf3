/* What changes an interface: always by its index, and only while it is what was looked at. */
#include <errno.h>
#include <string.h>

#include "plugins/vcan/vcan.h"

static bool has(const struct vane_vcan_job *job, unsigned type)
{
    return job->request.present & (1u << type);
}

/* Submits a change whose end is `done`. */
static void submit(struct vane_vcan_job *job, const struct vane_link_change *what,
                   const char *alias, vane_link_done done)
{
    struct vane_link_change change = *what;
    const struct vane_link_expect expect = {
        .size = sizeof(expect),
        .name = job->request.name,
        .interface_type = "can",
        .alias = alias,
    };
    struct vane_vcan *vcan = job->vcan;
    int r;

    change.size = sizeof(change);
    change.netns_fd = vane_vcan_place_fd(job->place);
    change.move_netns_fd = -1;
    change.expect = &expect;
    r = vcan->host->links->change(vcan->self, job->seen.index, &change, done, job);
    if (r < 0)
        vane_vcan_fail_errno(job, r, NULL);
    else
        vcan->jobs++;
}

static void on_changed(void *user, int result, const char *message)
{
    struct vane_vcan_job *job = user;

    job->vcan->jobs--;
    if (result < 0)
        vane_vcan_fail_errno(job, result, message);
    else
        vane_vcan_done(job);
}

void vane_vcan_raise(struct vane_vcan_job *job, bool up)
{
    struct vane_link_change change = {.what = up ? VANE_LINK_UP : VANE_LINK_DOWN};

    if (job->seen.up == up)
        vane_vcan_done(job);
    else
        submit(job, &change, NULL, on_changed);
}

/* ---- configure ---- */

static uint32_t engine_modes(uint32_t modes)
{
    return (modes & VANE_WIRE_MODE_LOOPBACK ? VANE_CAN_LOOPBACK : 0) |
           (modes & VANE_WIRE_MODE_LISTEN_ONLY ? VANE_CAN_LISTEN_ONLY : 0) |
           (modes & VANE_WIRE_MODE_FD ? VANE_CAN_FD : 0);
}

/* What the request says, in which 0 means none; what it does not say is left as it is. */
static uint32_t or_none(const struct vane_vcan_job *job, unsigned type)
{
    uint32_t value = job->request.numbers[type];

    return has(job, type) && value == 0 ? VANE_CAN_NONE : value;
}

/* NULL: it can be done. */
static const char *complaint_about(const struct vane_vcan_job *job)
{
    const uint32_t *numbers = job->request.numbers;
    uint32_t of_controllers = job->request.present & ~(1u << VANE_WIRE_NAME | 1u << VANE_WIRE_MTU);

    if (of_controllers && strcmp(job->seen.kind, "can") != 0)
        return "is virtual: it has an MTU, and no bit rate or mode";
    if ((has(job, VANE_WIRE_SAMPLE_POINT) && !numbers[VANE_WIRE_BITRATE]) ||
        (has(job, VANE_WIRE_DATA_SAMPLE_POINT) && !numbers[VANE_WIRE_DATA_BITRATE]))
        return "needs a sample point's bit rate along with it";
    return NULL;
}

void vane_vcan_configure(struct vane_vcan_job *job)
{
    const uint32_t *numbers = job->request.numbers;
    uint32_t mask =
        has(job, VANE_WIRE_MODES_MASK) ? numbers[VANE_WIRE_MODES_MASK] : numbers[VANE_WIRE_MODES];
    const struct vane_can can = {
        .size = sizeof(can),
        .bitrate = numbers[VANE_WIRE_BITRATE],
        .sample_point = numbers[VANE_WIRE_SAMPLE_POINT],
        .data_bitrate = numbers[VANE_WIRE_DATA_BITRATE],
        .data_sample_point = numbers[VANE_WIRE_DATA_SAMPLE_POINT],
        .restart_ms = or_none(job, VANE_WIRE_RESTART_MS),
        .modes = engine_modes(numbers[VANE_WIRE_MODES]),
        .modes_mask = engine_modes(mask),
        .termination = or_none(job, VANE_WIRE_TERMINATION),
    };
    bool mtu_only = !(job->request.present & ~(1u << VANE_WIRE_NAME | 1u << VANE_WIRE_MTU));
    struct vane_link_change change = {.can = &can, .mtu = numbers[VANE_WIRE_MTU]};
    const char *complaint = complaint_about(job);

    if (complaint) {
        vane_vcan_fail(job, VANE_WIRE_BAD_REQUEST, "%s %s", job->request.name, complaint);
        return;
    }
    change.what = (mtu_only ? 0 : VANE_LINK_CAN) | (has(job, VANE_WIRE_MTU) ? VANE_LINK_MTU : 0);
    submit(job, &change, NULL, on_changed);
}

/* ---- delete ---- */

static void on_deleted(void *user, int result, const char *message)
{
    struct vane_vcan_job *job = user;
    struct vane_vcan *vcan = job->vcan;

    vcan->jobs--;
    if (result < 0) {
        vane_vcan_fail_errno(job, result, message);
        return;
    }
    vane_vcan_disown(vcan, job->place, job->seen.index);
    vane_vcan_report_deleted(vcan, job->request.name, job->seen.index, job->person.uid, "request");
    vane_vcan_done(job);
}

/* The kernel would say yes to the deletion of a controller, and do nothing. */
static bool is_virtual(const struct vane_vcan_job *job)
{
    return strcmp(job->seen.kind, "vcan") == 0 || strcmp(job->seen.kind, "vxcan") == 0;
}

void vane_vcan_delete(struct vane_vcan_job *job)
{
    struct vane_link_change change = {.what = VANE_LINK_DELETE};
    const char *name = job->request.name;
    struct vane_mark mark;
    bool marked = vane_mark_read(job->seen.alias, &mark);

    if (!is_virtual(job))
        vane_vcan_fail(job, VANE_WIRE_NOT_PERMITTED, "%s is no virtual interface", name);
    else if (!job->command && job->person.uid != 0 && (!marked || mark.uid != job->person.uid))
        vane_vcan_fail(job, VANE_WIRE_NOT_PERMITTED, "%s was not created for user %d", name,
                       (int)job->person.uid);
    else
        submit(job, &change, job->seen.alias, on_deleted);
}

/* ---- leases ---- */

/* Its program may have gone meanwhile, and nothing would end what it has leased. */
static void take_lease(struct vane_vcan_job *job)
{
    struct vane_vcan_owned *owned = vane_vcan_own(job, job->request.name, job->seen.index);

    if (owned && !job->client && (owned->place || !owned->timer) &&
        owned->mark.lease != VANE_LEASE_NONE)
        vane_vcan_expire(owned, "connection");
}

static void on_renewed(void *user, int result, const char *message)
{
    struct vane_vcan_job *job = user;

    job->vcan->jobs--;
    if (result < 0) {
        vane_vcan_fail_errno(job, result, message);
        return;
    }
    take_lease(job);
    if (job->request.numbers[VANE_WIRE_SET_UP])
        vane_vcan_raise(job, true);
    else
        vane_vcan_done(job);
}

void vane_vcan_renew(struct vane_vcan_job *job)
{
    struct vane_link_change change = {.what = VANE_LINK_ALIAS, .alias = job->alias};
    const char *name = job->request.name;
    struct vane_mark old, mark;

    if (!vane_mark_read(job->seen.alias, &old) || old.uid != job->person.uid) {
        vane_vcan_fail(job, VANE_WIRE_NOT_PERMITTED, "%s was not created for user %d", name,
                       (int)job->person.uid);
        return;
    }
    if (old.lease == VANE_LEASE_NONE) {
        vane_vcan_fail(job, VANE_WIRE_NOT_PERMITTED, "%s has no lease, and %s", name,
                       old.peer ? "goes with its other end" : "stays");
        return;
    }
    if (!vane_vcan_hold(job))
        return;
    vane_vcan_mark(job, &mark);
    vane_mark_write(&mark, job->alias);
    submit(job, &change, job->seen.alias, on_renewed);
}

/* ---- create ---- */

/* What is there already: what the request says beside the name is applied to it. */
static void adopt(struct vane_vcan_job *job)
{
    if (strcmp(job->seen.kind, vane_vcan_wanted_kind(job)) != 0)
        vane_vcan_fail(job, VANE_WIRE_EXISTS, "%s exists, and is a %s interface", job->request.name,
                       job->seen.kind);
    else if (has(job, VANE_WIRE_LEASE))
        vane_vcan_renew(job);
    else if (job->request.numbers[VANE_WIRE_SET_UP])
        vane_vcan_raise(job, true);
    else
        vane_vcan_done(job);
}

static void uncount(struct vane_vcan_job *job)
{
    (void)vane_vcan_tally(job->vcan->creating, job->person.uid, -1);
}

static bool is_within_quota(struct vane_vcan_job *job)
{
    struct vane_vcan *vcan = job->vcan;
    uint32_t coming = vane_vcan_tally(vcan->creating, job->person.uid, 0);
    uint32_t quota =
        job->command ? UINT32_MAX : vane_can_rules_quota(vcan->options.rules, &job->person);
    uint32_t have = job->place ? job->had : vane_vcan_count_of(vcan, job->person.uid);

    if (quota != UINT32_MAX && have + coming >= quota) {
        vane_vcan_fail(job, VANE_WIRE_QUOTA,
                       "user %d has %u CAN interfaces, of %u that Quota= allows",
                       (int)job->person.uid, have + coming, quota);
        return false;
    }
    (void)vane_vcan_tally(vcan->creating, job->person.uid, 1);
    return true;
}

static void created(struct vane_vcan_job *job)
{
    if (!job->seen.exists) { /* somebody has deleted it already */
        vane_vcan_fail_errno(job, -ENODEV, NULL);
        return;
    }
    job->vcan->created++;
    vane_vcan_report_created(job, job->seen.index);
    take_lease(job);
    vane_vcan_done(job);
}

static void look_again(struct vane_vcan_job *job)
{
    if (job->seen.exists && job->seen.is_can)
        adopt(job);
    else if (job->seen.exists)
        vane_vcan_fail(job, VANE_WIRE_NOT_CAN, "%s is not a CAN interface", job->request.name);
    else
        vane_vcan_fail_errno(job, -EEXIST, job->request.peer[0] ? "or its other end does" : NULL);
}

static void on_created(void *user, int result, const char *message)
{
    struct vane_vcan_job *job = user;
    struct vane_vcan *vcan = job->vcan;

    vcan->jobs--;
    uncount(job);
    if (result == 0 && !job->place) {
        job->seen.exists =
            vcan->host->links->index_of(vcan->self, job->request.name, -1, &job->seen.index) == 0;
        created(job);
    } else if (result == 0) {
        vane_vcan_look(job, created);
    } else if (result == -EEXIST) {
        vane_vcan_look(job, look_again); /* somebody was faster */
    } else {
        vane_vcan_fail_errno(job, result, message);
    }
}

static void make(struct vane_vcan_job *job)
{
    const struct vane_link_create create = {
        .size = sizeof(create),
        .netns_fd = vane_vcan_place_fd(job->place),
        .peer_netns_fd = -1,
        .name = job->request.name,
        .kind = vane_vcan_wanted_kind(job),
        .peer_name = job->request.peer[0] ? job->request.peer : NULL,
        .mtu = job->request.numbers[VANE_WIRE_MTU],
        .up = job->request.numbers[VANE_WIRE_SET_UP] != 0,
        .alias = job->alias,
        .peer_alias = job->peer_alias,
        .peer_up = job->request.numbers[VANE_WIRE_SET_UP] != 0,
    };
    struct vane_vcan *vcan = job->vcan;
    struct vane_mark mark;
    int r;

    vane_vcan_mark(job, &mark);
    vane_mark_write(&mark, job->alias);
    mark.peer = true;
    vane_mark_write(&mark, job->peer_alias);
    r = vcan->host->links->create(vcan->self, &create, on_created, job);
    if (r == 0) {
        vcan->jobs++;
        return;
    }
    uncount(job);
    vane_vcan_fail_errno(job, r, NULL);
}

void vane_vcan_create(struct vane_vcan_job *job)
{
    const char *kind = vane_vcan_wanted_kind(job);
    bool pair = strcmp(kind, "vxcan") == 0;

    if (!pair && strcmp(kind, "vcan") != 0)
        vane_vcan_fail(job, VANE_WIRE_BAD_REQUEST,
                       "%s is no kind that can be created; vcan and "
                       "vxcan are",
                       kind);
    else if (pair != has(job, VANE_WIRE_PEER))
        vane_vcan_fail(job, VANE_WIRE_BAD_REQUEST,
                       pair ? "a vxcan needs the name of its PEER" : "a vcan has no PEER");
    else if (job->seen.exists)
        adopt(job);
    else if (vane_vcan_hold(job) && is_within_quota(job))
        make(job);
}
