/*
 * Calls wait here for their turn. A bus daemon lets one client wait for some 128 answers only, and
 * a call that was given up still counts until its service answers or goes. So each service has a
 * lane of a few places, which calls keep until the bus is done with them; a name that never answers
 * fills its own lane and nobody else's. Lanes are by the name as it is written, of which a service
 * may have several: when seven never answer, all places are taken, and calls wait in vain until one
 * answers or goes. Who may call methods is whom the configuration trusts with that. See request.h.
 */
#include <errno.h>

#include "plugins/cluster/request.h"

#define LANE_PLACES 16u
#define BUS_PLACES  112u
#define NS_PER_MS   1000000u

struct vane_lane {
    char *destination;
    GQueue waiting, running;
    unsigned late; /* running ones whose callers were told already */
    bool has_turn; /* in cluster->turns */
};

/* ---- lanes ---- */

static struct vane_lane *find_lane(struct vane_cluster *cluster, const char *destination)
{
    struct vane_lane *lane = g_hash_table_lookup(cluster->lanes, destination);

    if (lane)
        return lane;
    lane = g_new0(struct vane_lane, 1);
    lane->destination = g_strdup(destination);
    g_hash_table_insert(cluster->lanes, lane->destination, lane);
    return lane;
}

static void drop_idle(struct vane_cluster *cluster, struct vane_lane *lane)
{
    if (lane->running.length > 0 || lane->waiting.length > 0)
        return;
    if (lane->has_turn)
        g_queue_remove(&cluster->turns, lane);
    g_hash_table_remove(cluster->lanes, lane->destination);
    g_free(lane->destination);
    g_free(lane);
}

static bool is_ready(const struct vane_lane *lane)
{
    return lane->waiting.length > 0 && lane->running.length < LANE_PLACES;
}

static void give_turn(struct vane_cluster *cluster, struct vane_lane *lane)
{
    if (lane->has_turn || !is_ready(lane))
        return;
    lane->has_turn = true;
    g_queue_push_tail(&cluster->turns, lane);
}

/* One call of each lane in turn, as long as there are places. A call that ends at once comes back
 * here: then the loop that began it goes on. */
static void pump(struct vane_cluster *cluster)
{
    struct vane_lane *lane;

    if (cluster->pumping)
        return;
    cluster->pumping = true;
    while (cluster->at_bus < BUS_PLACES && (lane = g_queue_pop_head(&cluster->turns))) {
        struct vane_call *call;

        lane->has_turn = false;
        call = is_ready(lane) ? g_queue_pop_head(&lane->waiting) : NULL;
        if (!call)
            continue;
        call->phase = VANE_CALL_AT_BUS;
        g_queue_push_tail(&lane->running, call);
        cluster->at_bus++;
        give_turn(cluster, lane);
        vane_invoke_begin(call);
    }
    cluster->pumping = false;
}

/* ---- deadlines ---- */

static void arm(struct vane_cluster *cluster);

static void expire(struct vane_call *call)
{
    struct vane_cluster *cluster = call->cluster;
    struct vane_lane *lane = call->lane;

    vane_answer_error(call, VANE_ERROR_DEADLINE, "%s did not answer within %" G_GUINT64_FORMAT " s",
                      call->what.destination, cluster->options.call_timeout_ms / 1000);
    g_queue_delete_link(&cluster->calls, g_steal_pointer(&call->place));
    if (call->phase == VANE_CALL_AT_BUS) {
        lane->late++;
        return;
    }
    g_queue_remove(&lane->waiting, call);
    vane_call_free(call);
    drop_idle(cluster, lane);
}

static void on_deadline(void *user)
{
    struct vane_cluster *cluster = user;
    struct vane_call *first;
    uint64_t now = 0;

    cluster->deadline = NULL;
    (void)cluster->host->loop->now(&now);
    while ((first = g_queue_peek_head(&cluster->calls)) && first->deadline_ns <= now)
        expire(first);
    arm(cluster);
}

/* All calls have the same time, so the first to come is the first to be late. */
static void arm(struct vane_cluster *cluster)
{
    const struct vane_call *first = g_queue_peek_head(&cluster->calls);
    uint64_t now = 0;

    if (cluster->deadline || !first)
        return;
    (void)cluster->host->loop->now(&now);
    (void)cluster->host->loop->timer_start(
        cluster->self, first->deadline_ns > now ? (first->deadline_ns - now) / NS_PER_MS + 1 : 0, 0,
        on_deadline, cluster, &cluster->deadline);
}

/* ---- coming and going ---- */

void vane_lanes_add(struct vane_call *call)
{
    struct vane_cluster *cluster = call->cluster;
    struct vane_lane *lane;

    if (!cluster->bus) {
        vane_answer_error(call, VANE_ERROR_NO_BUS, "this machine has no system bus now");
        vane_call_free(call);
        return;
    }
    lane = find_lane(cluster, call->what.destination);
    if (lane->late >= LANE_PLACES) {
        vane_answer_error(call, VANE_ERROR_BUSY, "%s has not answered %u calls yet",
                          call->what.destination, lane->late);
        vane_call_free(call);
        return;
    }
    call->lane = lane;
    g_queue_push_tail(&cluster->calls, call);
    call->place = cluster->calls.tail;
    g_queue_push_tail(&lane->waiting, call);
    give_turn(cluster, lane);
    arm(cluster);
    pump(cluster);
}

void vane_lanes_done(struct vane_call *call)
{
    struct vane_cluster *cluster = call->cluster;
    struct vane_lane *lane = call->lane;

    if (!call->place)
        lane->late--;
    g_queue_remove(&lane->running, call);
    cluster->at_bus--;
    vane_call_free(call);
    give_turn(cluster, lane);
    drop_idle(cluster, lane);
    pump(cluster);
}

static void end_all(GQueue *calls, const char *code, const char *why)
{
    struct vane_call *call;

    while ((call = g_queue_pop_head(calls))) {
        vane_answer_error(call, code, "%s", why);
        vane_call_free(call);
    }
}

void vane_lanes_end(struct vane_cluster *cluster, const char *code, const char *why)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, cluster->lanes);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct vane_lane *lane = value;

        end_all(&lane->running, code, why);
        end_all(&lane->waiting, code, why);
        g_hash_table_iter_remove(&iterator);
        g_free(lane->destination);
        g_free(lane);
    }
    g_queue_clear(&cluster->turns);
    cluster->at_bus = 0;
}
