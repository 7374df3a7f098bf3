/* What was said already about a path. See refusals.h. */
#include "plugins/scripts/refusals.h"

GHashTable *vane_refusals_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

bool vane_refusals_note(GHashTable *refusals, const char *path, const char *reason, uint64_t change)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " %s", change, reason);

    if (g_strcmp0(g_hash_table_lookup(refusals, path), text) == 0)
        return false;
    g_hash_table_replace(refusals, g_strdup(path), g_steal_pointer(&text));
    return true;
}

void vane_refusals_forget(GHashTable *refusals, const char *path)
{
    g_hash_table_remove(refusals, path);
}
