/* /proc/net/dev. See traffic.h. */
#include "engine/commands/traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/cleanup.h"

/* The fields of a line: eight of what was received, eight of what was sent. */
static const struct {
    const char *member;
    unsigned field;
} members[] = {
    {"rx_bytes", 0}, {"rx_packets", 1}, {"rx_errors", 2},  {"rx_dropped", 3},
    {"tx_bytes", 8}, {"tx_packets", 9}, {"tx_errors", 10}, {"tx_dropped", 11},
};

#define FIELDS 16u

struct vane_traffic_table {
    GHashTable *by_name; /* name: uint64_t[FIELDS] */
};

static void read_line(struct vane_traffic_table *table, char *line)
{
    char *colon = strrchr(line, ':'), *at;
    uint64_t *fields;

    if (!colon)
        return; /* the head */
    *colon = '\0';
    at = colon + 1;
    fields = g_new0(uint64_t, FIELDS);
    for (unsigned i = 0; i < FIELDS; i++)
        fields[i] = g_ascii_strtoull(at, &at, 10);
    g_hash_table_replace(table->by_name, g_strdup(g_strchug(line)), fields);
}

struct vane_traffic_table *vane_traffic_read(void)
{
    _cleanup_fclose_ FILE *file = fopen("/proc/self/net/dev", "re");
    struct vane_traffic_table *table;
    char line[512];

    if (!file)
        return NULL;
    table = g_new0(struct vane_traffic_table, 1);
    table->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    while (fgets(line, sizeof(line), file))
        read_line(table, line);
    return table;
}

void vane_traffic_free(struct vane_traffic_table *table)
{
    if (!table)
        return;
    g_hash_table_unref(table->by_name);
    g_free(table);
}

void vane_traffic_write(struct vane_json *json, const struct vane_traffic_table *table,
                        const char *name)
{
    const uint64_t *fields = table ? g_hash_table_lookup(table->by_name, name) : NULL;

    for (size_t i = 0; fields && i < ELEMENTS(members); i++)
        vane_json_member_uint64(json, members[i].member, fields[members[i].field]);
}
