/* Which plugin files there are. See scan.h. */
#include "engine/plugins/scan.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/trust.h"

#define NAME_MAX_BYTES 32u

static void file_free(gpointer data)
{
    struct vane_plugin_file *file = data;

    g_free(file->name);
    g_free(file->path);
    g_free(file->refusal);
    g_free(file);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const struct vane_plugin_file *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static struct vane_plugin_file *find_name(GPtrArray *files, const char *name)
{
    for (guint i = 0; i < files->len; i++) {
        struct vane_plugin_file *file = g_ptr_array_index(files, i);

        if (strcmp(file->name, name) == 0)
            return file;
    }
    return NULL;
}

static const struct vane_plugin_file *find_inode(GPtrArray *files, const struct stat *st)
{
    for (guint i = 0; i < files->len; i++) {
        const struct vane_plugin_file *file = g_ptr_array_index(files, i);

        if (file->device == st->st_dev && file->inode == st->st_ino)
            return file;
    }
    return NULL;
}

static gboolean name_valid(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return length > 0 && length <= NAME_MAX_BYTES && name[length] == '\0' && name[0] != '-';
}

static char *check(const struct vane_plugin_file *file)
{
    struct vane_refusal refusal = {0};
    int r = vane_trust_check(file->path, VANE_TRUST_LIBRARY, geteuid(), &refusal);

    if (r == -EACCES && refusal.reason)
        return g_steal_pointer(&refusal.reason);
    if (r < 0)
        return g_strdup_printf("it cannot be checked: %s", g_strerror(-r));
    if (!name_valid(file->name))
        return g_strdup("its name is not of a-z, 0-9 and -, at most 32 bytes");
    return NULL;
}

static void add(GPtrArray *files, const char *directory, const char *entry)
{
    struct vane_plugin_file *file = g_new0(struct vane_plugin_file, 1);
    const struct vane_plugin_file *twin;
    struct stat st = {0};

    file->name = g_strndup(entry, strlen(entry) - 3);
    file->path = g_build_filename(directory, entry, NULL);
    file->refusal = check(file);
    if (stat(file->path, &st) == 0) {
        twin = find_inode(files, &st);
        if (twin && !file->refusal)
            file->refusal = g_strdup_printf("it is the same file as %s", twin->path);
        file->device = st.st_dev;
        file->inode = st.st_ino;
        file->change_ns = st.st_ctim.tv_sec * 1000000000LL + st.st_ctim.tv_nsec;
    }
    g_ptr_array_add(files, file);
}

/* The names are sorted first, so that which of two twins is refused does not depend on the disk. */
static void scan_directory(GPtrArray *files, const char *directory, struct vane_problems *problems)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, NULL, alphasort);

    if (count < 0) {
        if (errno == ENOENT)
            vane_problems_warning(problems, NULL, "plugin directory %s does not exist", directory);
        else
            vane_problems_error(problems, NULL, "cannot read plugin directory %s: %s", directory,
                                g_strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;
        size_t length = strlen(entry);

        if (length > 3 && entry[0] != '.' && g_str_has_suffix(entry, ".so")) {
            g_autofree char *name = g_strndup(entry, length - 3);

            if (!find_name(files, name))
                add(files, directory, entry);
        }
        free(entries[i]);
    }
    free(entries);
}

GPtrArray *vane_plugin_scan(const char *const *directories, struct vane_problems *problems)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(file_free);

    for (; *directories; directories++)
        scan_directory(files, *directories, problems);
    g_ptr_array_sort(files, by_name);
    return files;
}
