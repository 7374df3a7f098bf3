/* Finding scripts. See catalog.h. */
#include "plugins/scripts/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void candidate_free(gpointer data)
{
    struct vane_candidate *candidate = data;

    g_free(candidate->path);
    g_free(candidate);
}

bool vane_catalog_exists(char *const *directories, const char *subdirectory)
{
    for (; *directories; directories++) {
        g_autofree char *path = g_build_filename(*directories, subdirectory, NULL);

        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static DIR *open_directory(const char *path, vane_catalog_error unreadable, void *user)
{
    DIR *directory = opendir(path);

    if (!directory && errno != ENOENT)
        unreadable(user, path, errno);
    return directory;
}

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static const char *unfit(DIR *directory, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_type == DT_REG)
        return NULL;
    if (fstatat(dirfd(directory), entry->d_name, &st, 0) < 0)
        return errno == ENOENT ? "is a link that leads nowhere" : "cannot be looked at";
    if (S_ISDIR(st.st_mode))
        return "is a directory";
    return S_ISREG(st.st_mode) ? NULL : "is no regular file";
}

static struct vane_candidate *candidate_new(const char *directory, const char *name)
{
    struct vane_candidate *candidate = g_new0(struct vane_candidate, 1);

    candidate->path = g_strconcat(directory, "/", name, NULL);
    candidate->name = candidate->path + strlen(directory) + 1;
    return candidate;
}

static void scan_one(GPtrArray *found, const char *path, vane_catalog_error unreadable, void *user)
{
    DIR *directory = open_directory(path, unreadable, user);
    struct dirent *entry;

    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        struct vane_candidate *candidate;

        if (is_dot(entry->d_name))
            continue;
        candidate = candidate_new(path, entry->d_name);
        candidate->unfit = unfit(directory, entry);
        g_ptr_array_add(found, candidate);
    }
    closedir(directory);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    const struct vane_candidate *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

/* g_ptr_array_sort() is stable, so the order of the directories holds within a name. */
GPtrArray *vane_catalog_scan(char *const *directories, const char *subdirectory,
                             vane_catalog_error unreadable, void *user)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(candidate_free);

    for (; *directories; directories++) {
        g_autofree char *path = g_build_filename(*directories, subdirectory, NULL);

        scan_one(found, path, unreadable, user);
    }
    g_ptr_array_sort(found, by_name);
    return found;
}

static void add_subdirectory(GPtrArray *names, const char *entry)
{
    size_t length = strlen(entry);
    g_autofree char *name = NULL;

    if (length < 3 || strcmp(entry + length - 2, ".d") != 0)
        return;
    name = g_strndup(entry, length - 2);
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_ptr_array_add(names, g_steal_pointer(&name));
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *vane_catalog_subdirectories(char *const *directories, vane_catalog_error unreadable,
                                       void *user)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (; *directories; directories++) {
        DIR *directory = open_directory(*directories, unreadable, user);
        struct dirent *entry;

        if (!directory)
            continue;
        while ((entry = readdir(directory)))
            add_subdirectory(names, entry->d_name);
        closedir(directory);
    }
    g_ptr_array_sort(names, by_text);
    return names;
}
