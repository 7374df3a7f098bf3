/*
 * What announcements tell that is wrong in the cluster: somebody else has this machine's key, or a
 * machine's clock is off, so that nobody hears it. Told once, when it begins, and shown for as long
 * as it lasts. See presence.h.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/cluster/presence.h"

/* Anybody makes himself a key and signs with a clock that is off, and then with one that is not. */
#define APART_MOST   64u
#define APART_FOR_MS (15 * 60 * 1000)

/* A machine whose clock is off. */
struct apart {
    char *name;
    int64_t until_ms; /* it is forgotten then, unless its clock is off still */
    bool is_right;    /* by now */
};

static void free_apart(gpointer data)
{
    struct apart *apart = data;

    g_free(apart->name);
    g_free(apart);
}

void vane_troubles_clear(struct vane_troubles *troubles)
{
    g_clear_pointer(&troubles->twin, g_free);
    g_clear_pointer(&troubles->apart, g_hash_table_unref);
}

/* ---- who has our key ---- */

static void publish_twin(const struct vane_cluster *cluster)
{
    const struct vane_field fields[] = {
        vane_string("nkey", cluster->key.nkey),
        vane_string("name", cluster->troubles.twin),
    };
    const struct vane_fields payload = VANE_FIELDS(fields);

    (void)cluster->host->bus->publish(cluster->self, "cluster.node.twin", &payload, NULL, NULL);
}

void vane_troubles_twin(struct vane_cluster *cluster, const struct vane_presence *twin,
                        int64_t now_ms)
{
    struct vane_troubles *troubles = &cluster->troubles;
    const char *path = cluster->options.host_key_file;
    bool is_new = !troubles->twin; /* copies of one disk may be many, with a name each */

    troubles->twin_until_ms = now_ms + (int64_t)twin->interval_ms * VANE_ROSTER_PATIENCE;
    if (!is_new)
        return;
    g_free(troubles->twin);
    troubles->twin = g_strdup(twin->name);
    (void)cluster->host->log->print(
        cluster->self, VANE_LOG_WARNING,
        "another machine, which calls itself %s, has the key of this one, %s: both do what one is "
        "asked to do, and others take them for one; if its disk is a copy, have a new %s made "
        "there",
        troubles->twin, cluster->key.nkey, path ? path : "identity.key in the state directory");
    publish_twin(cluster);
}

static void check_twin(struct vane_cluster *cluster, int64_t now_ms)
{
    struct vane_troubles *troubles = &cluster->troubles;

    if (!troubles->twin || now_ms <= troubles->twin_until_ms)
        return;
    (void)cluster->host->log->print(cluster->self, VANE_LOG_NOTICE,
                                    "%s, which had the key of this machine, is not heard any more",
                                    troubles->twin);
    g_clear_pointer(&troubles->twin, g_free);
}

/* ---- whose clock is off ---- */

char *vane_troubles_distance(int64_t ahead_ms)
{
    int64_t seconds = ABS(ahead_ms) / 1000;

    return g_strdup_printf("%" PRId64 " s %s", seconds, ahead_ms > 0 ? "ahead of" : "behind");
}

/* False: it is known already, or there are too many. */
static bool note_apart(struct vane_troubles *troubles, const char *nkey, const char *name,
                       int64_t now_ms)
{
    struct apart *apart;

    if (!troubles->apart)
        troubles->apart = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_apart);
    apart = g_hash_table_lookup(troubles->apart, nkey);
    if (apart) {
        apart->until_ms = now_ms + APART_FOR_MS;
        apart->is_right = false;
        return false;
    }
    if (g_hash_table_size(troubles->apart) >= APART_MOST)
        return false;
    apart = g_new0(struct apart, 1);
    apart->name = g_strdup(name);
    apart->until_ms = now_ms + APART_FOR_MS;
    g_hash_table_insert(troubles->apart, g_strdup(nkey), apart);
    return true;
}

void vane_troubles_apart(struct vane_cluster *cluster, const char *nkey, const char *name,
                         int64_t ahead_ms, int64_t now_ms)
{
    g_autofree char *distance = vane_troubles_distance(ahead_ms);

    if (!note_apart(&cluster->troubles, nkey, name, now_ms))
        return;
    (void)cluster->host->log->print(
        cluster->self, VANE_LOG_WARNING,
        "the clock of %s (%s) is %s that of this machine: what it announces and signs counts for "
        "nothing here, as 30 s are allowed; are the clocks right?",
        name, nkey, distance);
}

void vane_troubles_in_time(struct vane_cluster *cluster, const char *nkey)
{
    GHashTable *all = cluster->troubles.apart;
    struct apart *apart = all ? g_hash_table_lookup(all, nkey) : NULL;

    if (apart)
        apart->is_right = true;
}

static gboolean is_over(gpointer nkey, gpointer value, gpointer now_ms)
{
    return ((const struct apart *)value)->until_ms < *(const int64_t *)now_ms;
}

void vane_troubles_check(struct vane_cluster *cluster, int64_t now_ms)
{
    check_twin(cluster, now_ms);
    if (cluster->troubles.apart)
        (void)g_hash_table_foreach_remove(cluster->troubles.apart, is_over, &now_ms);
}

/* ---- shown ---- */

static GPtrArray *apart_now(const struct vane_troubles *troubles)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iterator;
    gpointer nkey, value;

    if (!troubles->apart)
        return texts;
    g_hash_table_iter_init(&iterator, troubles->apart);
    while (g_hash_table_iter_next(&iterator, &nkey, &value)) {
        const struct apart *apart = value;

        if (!apart->is_right)
            g_ptr_array_add(texts, g_strdup_printf("%s (%s)", apart->name, (char *)nkey));
    }
    return texts;
}

void vane_troubles_show(const struct vane_cluster *cluster, struct vane_json *json)
{
    const struct vane_troubles *troubles = &cluster->troubles;
    g_autoptr(GPtrArray) apart = apart_now(troubles);

    if (troubles->twin)
        vane_json_member_string(json, "key_also_of", troubles->twin);
    if (apart->len == 0)
        return;
    vane_json_key(json, "clock_differs_from");
    vane_json_array_begin(json);
    for (guint i = 0; i < apart->len; i++)
        vane_json_string(json, apart->pdata[i]);
    vane_json_array_end(json);
}
