/*
 * Other network namespaces. One descriptor holds such a place for a client, the client's request
 * and its leases together, so that their number never costs a descriptor, and none is missing where
 * a lease begins. Leases there are bounded by what is held, not by what the kernel shows: who owns
 * the namespace can delete the interfaces, and write any mark.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/cleanup.h"
#include "plugins/vcan/vcan.h"

#define HELD_MAX 4096u /* of one user, whatever the quota is, and of root */

struct vane_vcan_place *vane_vcan_place_new(int fd)
{
    struct vane_vcan_place *place;
    struct stat st;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    if (copy < 0 || fstat(copy, &st) < 0) {
        cleanup_close(&copy);
        return NULL;
    }
    place = g_rc_box_new(struct vane_vcan_place);
    *place = (struct vane_vcan_place){.fd = copy, .netns = {st.st_dev, st.st_ino}};
    return place;
}

static void clear_place(void *data)
{
    struct vane_vcan_place *place = data;

    cleanup_close(&place->fd);
}

void vane_vcan_place_unref(struct vane_vcan_place *place)
{
    if (place)
        g_rc_box_release_full(place, clear_place);
}

/* ---- which interface of which namespace ---- */

guint vane_vcan_spot_hash(gconstpointer data)
{
    const struct vane_vcan_spot *spot = data;

    return (guint)spot->netns[1] * 31u + spot->index;
}

gboolean vane_vcan_spot_equal(gconstpointer a, gconstpointer b)
{
    const struct vane_vcan_spot *one = a, *other = b;

    return one->index == other->index && one->netns[0] == other->netns[0] &&
           one->netns[1] == other->netns[1];
}

/* ---- how many ---- */

uint32_t vane_vcan_tally(GHashTable *tally, int64_t uid, int change)
{
    gpointer key = GUINT_TO_POINTER((guint)uid);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(tally, key)) + (guint)change;

    if (change != 0 && count > 0)
        g_hash_table_insert(tally, key, GUINT_TO_POINTER(count));
    else if (change != 0)
        g_hash_table_remove(tally, key);
    return count;
}

bool vane_vcan_hold(struct vane_vcan_job *job)
{
    struct vane_vcan *vcan = job->vcan;
    const struct vane_vcan_owned *before;
    uint32_t held, quota;

    if (job->holds || !job->place || !(job->request.present & (1u << VANE_WIRE_LEASE)))
        return true;
    before = vane_vcan_owned_at(vcan, job->place, job->seen.index);
    if (before && before->uid == job->person.uid)
        return true;
    held = vane_vcan_tally(vcan->held, job->person.uid, 0);
    quota = MIN(vane_can_rules_quota(vcan->options.rules, &job->person), HELD_MAX);
    if (held >= quota) {
        vane_vcan_fail(
            job, VANE_WIRE_QUOTA,
            "user %d holds %u leases in other network namespaces, of %u that are allowed",
            (int)job->person.uid, held, quota);
        return false;
    }
    (void)vane_vcan_tally(vcan->held, job->person.uid, 1);
    job->holds = true;
    return true;
}
