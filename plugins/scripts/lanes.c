/* Queues side by side. See lanes.h. */
#include "plugins/scripts/lanes.h"

static void lane_free(gpointer data)
{
    struct vane_lane *lane = data;

    g_free(lane->name);
    g_free(lane);
}

void vane_lanes_init(struct vane_lanes *lanes)
{
    lanes->by_index = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, lane_free);
    g_queue_init(&lanes->turn);
}

void vane_lanes_clear(struct vane_lanes *lanes)
{
    if (!lanes->by_index)
        return;
    vane_lanes_drop_waiting(lanes);
    g_queue_clear(&lanes->turn);
    g_clear_pointer(&lanes->by_index, g_hash_table_unref);
}

static struct vane_lane *lane_of(struct vane_lanes *lanes, uint32_t ifindex, const char *name)
{
    struct vane_lane *lane = g_hash_table_lookup(lanes->by_index, GUINT_TO_POINTER(ifindex));

    if (!lane) {
        lane = g_new0(struct vane_lane, 1);
        lane->lanes = lanes;
        lane->ifindex = ifindex;
        g_queue_init(&lane->waiting);
        g_hash_table_insert(lanes->by_index, GUINT_TO_POINTER(ifindex), lane);
    }
    if (g_strcmp0(lane->name, name) != 0) {
        g_free(lane->name);
        lane->name = g_strdup(name);
    }
    return lane;
}

static void supersede(struct vane_lanes *lanes, struct vane_lane *lane,
                      const struct vane_job *newer)
{
    GList *next;

    for (GList *at = lane->waiting.head; at; at = next) {
        next = at->next;
        if (!lanes->supersedes(newer, at->data))
            continue;
        lanes->release(at->data);
        g_queue_delete_link(&lane->waiting, at);
        lane->superseded++;
    }
}

static void make_room(struct vane_lanes *lanes, struct vane_lane *lane)
{
    while (g_queue_get_length(&lane->waiting) >= lanes->limit) {
        lanes->release(g_queue_pop_head(&lane->waiting));
        lane->dropped++;
        lane->overflowing = TRUE;
    }
}

static void give_turn(struct vane_lanes *lanes, struct vane_lane *lane)
{
    if (lane->queued || lane->held || lane->running || g_queue_is_empty(&lane->waiting))
        return;
    lane->queued = TRUE;
    g_queue_push_tail(&lanes->turn, lane);
}

static void take_turn_away(struct vane_lanes *lanes, struct vane_lane *lane)
{
    if (lane->queued)
        g_queue_remove(&lanes->turn, lane);
    lane->queued = FALSE;
}

struct vane_lane *vane_lanes_push(struct vane_lanes *lanes, uint32_t ifindex, const char *name,
                                  struct vane_job *job)
{
    struct vane_lane *lane = lane_of(lanes, ifindex, name);

    if (lanes->coalesce)
        supersede(lanes, lane, job);
    make_room(lanes, lane);
    g_queue_push_tail(&lane->waiting, job);
    give_turn(lanes, lane);
    return lane;
}

struct vane_job *vane_lanes_start(struct vane_lanes *lanes, struct vane_lane **lane)
{
    if (lanes->running >= lanes->parallel || g_queue_is_empty(&lanes->turn))
        return NULL;
    *lane = g_queue_pop_head(&lanes->turn);
    (*lane)->queued = FALSE;
    (*lane)->running = g_queue_pop_head(&(*lane)->waiting);
    if (g_queue_is_empty(&(*lane)->waiting))
        (*lane)->overflowing = FALSE;
    lanes->running++;
    return (*lane)->running;
}

/* A lane that is of no use until the next job costs nothing. */
static void forget_idle(struct vane_lanes *lanes, struct vane_lane *lane)
{
    if (!lane->running && !lane->held && g_queue_is_empty(&lane->waiting)) {
        take_turn_away(lanes, lane);
        g_hash_table_remove(lanes->by_index, GUINT_TO_POINTER(lane->ifindex));
    }
}

void vane_lanes_end(struct vane_lanes *lanes, struct vane_lane *lane)
{
    lane->running = NULL;
    lanes->running--;
    give_turn(lanes, lane);
    forget_idle(lanes, lane);
}

void vane_lanes_hold(struct vane_lanes *lanes, struct vane_lane *lane)
{
    lane->held = TRUE;
    take_turn_away(lanes, lane);
}

void vane_lanes_let_go(struct vane_lanes *lanes, struct vane_lane *lane)
{
    lane->held = FALSE;
    give_turn(lanes, lane);
    forget_idle(lanes, lane);
}

void vane_lanes_drop_waiting(struct vane_lanes *lanes)
{
    g_autoptr(GList) all = vane_lanes_list(lanes);

    for (GList *at = all; at; at = at->next) {
        struct vane_lane *lane = at->data;
        struct vane_job *job;

        while ((job = g_queue_pop_head(&lane->waiting)))
            lanes->release(job);
        take_turn_away(lanes, lane);
        forget_idle(lanes, lane);
    }
}

static gint by_index(gconstpointer a, gconstpointer b)
{
    const struct vane_lane *left = a, *right = b;

    return left->ifindex < right->ifindex ? -1 : left->ifindex > right->ifindex;
}

GList *vane_lanes_list(const struct vane_lanes *lanes)
{
    return g_list_sort(g_hash_table_get_values(lanes->by_index), by_index);
}
