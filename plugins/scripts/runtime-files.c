/* What networkd tells networkctl(1) in files: the states of a link, its DHCP lease, and its
 * neighbours by LLDP. */
#include <string.h>

#include "lib/file.h"
#include "plugins/scripts/facts.h"
#include "plugins/scripts/lldp.h"

#define FILE_MAX_BYTES (256u * 1024u)

static void take_line(GHashTable *files, const char *prefix, const char *line)
{
    const char *equals = strchr(line, '=');

    if (!equals || line[0] == '#' || !equals[1])
        return;
    g_hash_table_replace(files, g_strdup_printf("%s%.*s", prefix, (int)(equals - line), line),
                         g_strdup(equals + 1));
}

static void take_file(GHashTable *files, const char *prefix, const char *path)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    size_t length;

    if (vane_file_read(path, FILE_MAX_BYTES, &text, &length) < 0)
        return;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        take_line(files, prefix, *line);
}

void vane_facts_files(GHashTable *files, const char *directory, uint32_t ifindex)
{
    g_autofree char *link = g_strdup_printf("%s/links/%u", directory, ifindex);
    g_autofree char *lease = g_strdup_printf("%s/leases/%u", directory, ifindex);

    take_file(files, "", link);
    take_file(files, "lease:", lease);
}

void vane_facts_lldp(GPtrArray *neighbours, const char *directory, uint32_t ifindex)
{
    g_autofree char *path = g_strdup_printf("%s/lldp/%u", directory, ifindex);
    g_autofree char *frames = NULL;
    size_t length;

    if (vane_file_read(path, FILE_MAX_BYTES, &frames, &length) == 0)
        vane_lldp_read((const uint8_t *)frames, length, neighbours);
}
