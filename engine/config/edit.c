/* Enabling and disabling a plugin for good. See configuration.h. */
#include "engine/config/configuration-internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"

/* Makes the directory of drop-ins where it is missing. */
static int make_drop_ins(const char *file)
{
    g_autofree char *path = g_strconcat(file, ".d", NULL);
    g_autofree char *parent = g_path_get_dirname(file);

    if (g_mkdir_with_parents(parent, 0755) < 0 || (mkdir(path, 0755) < 0 && errno != EEXIST))
        return -errno;
    return 0;
}

int vane_configuration_write_enabled(const char *file, const char *plugin, bool enabled,
                                     char **path)
{
    g_autofree char *target = NULL, *text = NULL;
    int r;

    if (!vane_is_plugin_name(plugin))
        return -EINVAL;
    target = g_strdup_printf("%s.d/50-plugin-%s.conf", file, plugin);
    text = g_strdup_printf("# Written by \"netvane plugin %s %s\".\n[Plugin %s]\nEnabled=%s\n",
                           enabled ? "enable" : "disable", plugin, plugin, enabled ? "yes" : "no");
    r = make_drop_ins(file);
    if (r == 0)
        r = vane_file_replace(target, text, strlen(text), 0644);
    if (r == 0 && path)
        *path = g_steal_pointer(&target);
    return r;
}
