/* Enabling and disabling a plugin for good. See configuration.h. */
#include "engine/config/configuration-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

static int write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        left -= (size_t)n;
    }
    return 0;
}

/* The mode is set by fchmod, as the umask of whoever called may be narrower. */
static int write_file(int directory, const char *name, const char *text)
{
    _cleanup_close_ int fd =
        openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r;

    if (fd < 0)
        return -errno;
    r = write_all(fd, text);
    if (r < 0)
        return r;
    if (fchmod(fd, 0644) < 0 || fsync(fd) < 0)
        return -errno;
    return 0;
}

/* Readers see the old file or the new one, also after a loss of power. */
static int replace_file(int directory, const char *name, const char *text)
{
    g_autofree char *temporary = g_strdup_printf(".%s.%d.tmp", name, (int)getpid());
    int r;

    if (unlinkat(directory, temporary, 0) < 0 && errno != ENOENT)
        return -errno;
    r = write_file(directory, temporary, text);
    if (r == 0 && renameat(directory, temporary, directory, name) < 0)
        r = -errno;
    if (r < 0) {
        (void)unlinkat(directory, temporary, 0);
        return r;
    }
    return fsync(directory) < 0 ? -errno : 0;
}

static int open_drop_ins(const char *file, int *directory)
{
    g_autofree char *path = g_strconcat(file, ".d", NULL);
    g_autofree char *parent = g_path_get_dirname(file);

    if (g_mkdir_with_parents(parent, 0755) < 0 || (mkdir(path, 0755) < 0 && errno != EEXIST))
        return -errno;
    *directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *directory < 0 ? -errno : 0;
}

int vane_configuration_write_enabled(const char *file, const char *plugin, bool enabled,
                                     char **path)
{
    _cleanup_close_ int directory = -1;
    g_autofree char *name = NULL, *text = NULL;
    int r;

    if (!vane_is_plugin_name(plugin))
        return -EINVAL;
    name = g_strdup_printf("50-plugin-%s.conf", plugin);
    text = g_strdup_printf("# Written by \"netvane plugin %s %s\".\n[Plugin %s]\nEnabled=%s\n",
                           enabled ? "enable" : "disable", plugin, plugin, enabled ? "yes" : "no");
    r = open_drop_ins(file, &directory);
    if (r == 0)
        r = replace_file(directory, name, text);
    if (r == 0 && path)
        *path = g_strdup_printf("%s.d/%s", file, name);
    return r;
}
