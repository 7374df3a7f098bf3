/*
 * What announcements tell that is wrong in the cluster: somebody else has this machine's key, or a
 * machine's clock is off, so that nobody hears it. Told once, when it begins, and shown for as long
 * as it lasts. See presence.h.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/cluster/presence.h"

/* Anybody makes himself a key and signs with a clock that is off. */
#define APART_MOST 64u

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
    bool is_new = g_strcmp0(troubles->twin, twin->name) != 0;

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

void vane_troubles_check(struct vane_cluster *cluster, int64_t now_ms)
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

void vane_troubles_apart(struct vane_cluster *cluster, const char *nkey, const char *name,
                         int64_t ahead_ms)
{
    struct vane_troubles *troubles = &cluster->troubles;
    g_autofree char *distance = vane_troubles_distance(ahead_ms);

    if (!troubles->apart)
        troubles->apart = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (g_hash_table_contains(troubles->apart, nkey) ||
        g_hash_table_size(troubles->apart) >= APART_MOST)
        return;
    g_hash_table_insert(troubles->apart, g_strdup(nkey), g_strdup(name));
    (void)cluster->host->log->print(
        cluster->self, VANE_LOG_WARNING,
        "the clock of %s (%s) is %s that of this machine: what it announces and signs counts for "
        "nothing here, as 30 s are allowed; are the clocks right?",
        name, nkey, distance);
}

void vane_troubles_in_time(struct vane_cluster *cluster, const char *nkey)
{
    if (cluster->troubles.apart)
        (void)g_hash_table_remove(cluster->troubles.apart, nkey);
}

/* ---- shown ---- */

void vane_troubles_show(const struct vane_cluster *cluster, struct vane_json *json)
{
    const struct vane_troubles *troubles = &cluster->troubles;
    GHashTableIter iterator;
    gpointer nkey, name;

    if (troubles->twin)
        vane_json_member_string(json, "key_also_of", troubles->twin);
    if (!troubles->apart || g_hash_table_size(troubles->apart) == 0)
        return;
    vane_json_key(json, "clock_differs_from");
    vane_json_array_begin(json);
    g_hash_table_iter_init(&iterator, troubles->apart);
    while (g_hash_table_iter_next(&iterator, &nkey, &name)) {
        g_autofree char *text = g_strdup_printf("%s (%s)", (char *)name, (char *)nkey);

        vane_json_string(json, text);
    }
    vane_json_array_end(json);
}
