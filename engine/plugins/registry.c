/* Opening plugin files and taking their registrations. See registry.h. */
#include "engine/plugins/registry.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include <glib.h>

static struct vane_registration *registrations;
static struct vane_registration *loading; /* whose constructor may run now */

int vane_plugin_register(const struct vane_plugin *plugin)
{
    if (!loading || !plugin)
        return -EINVAL;
    if (loading->calls++ > 0)
        return -EEXIST;
    loading->descriptor = plugin;
    return 0;
}

/* A plugin built for 1.0 has this much; members that came later are read only if `size` has them.
 */
#define DESCRIPTOR_SIZE_1_0 96u

_Static_assert(sizeof(struct vane_plugin) >= DESCRIPTOR_SIZE_1_0,
               "struct vane_plugin may only grow");

/* The head is the same in every major, what follows it is not. */
static char *check_abi(const struct vane_plugin *plugin)
{
    if (plugin->abi_major != VANE_ABI_MAJOR)
        return g_strdup_printf("it was built for plugin API %u, this is %d.%d; rebuild it",
                               plugin->abi_major, VANE_ABI_MAJOR, VANE_ABI_MINOR);
    if (plugin->size < DESCRIPTOR_SIZE_1_0)
        return g_strdup_printf("its descriptor has %u bytes, which is less than API 1.0 has (%u)",
                               plugin->size, DESCRIPTOR_SIZE_1_0);
    if (plugin->needed_minor > VANE_ABI_MINOR)
        return g_strdup_printf("it needs plugin API %u.%u, this is %d.%d; update netvaned",
                               plugin->abi_major, plugin->needed_minor, VANE_ABI_MAJOR,
                               VANE_ABI_MINOR);
    return NULL;
}

static char *check_descriptor(const struct vane_plugin *plugin, const char *name)
{
    char *refusal = check_abi(plugin);

    if (refusal)
        return refusal;
    if (!plugin->name || strcmp(plugin->name, name) != 0)
        return g_strdup_printf("it calls itself \"%s\" and must be named after its file, \"%s\"",
                               plugin->name ? plugin->name : "", name);
    if (!plugin->version || !plugin->description || !plugin->licence || !plugin->init)
        return g_strdup("its descriptor lacks version, description, licence or init");
    if (plugin->option_count > 0 && !plugin->options)
        return g_strdup("its descriptor counts options but has none");
    return NULL;
}

/*
 * The dynamic linker takes a path that it has opened before for the same file, even if another one
 * has come in its place. So a path is spelled anew each time: DIRECTORY/./NAME.so.
 */
static char *fresh_spelling(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autoptr(GString) spelling = g_string_new(directory);

    for (const struct vane_registration *each = registrations; each; each = each->next)
        if (strcmp(each->path, path) == 0)
            g_string_append(spelling, "/.");
    g_string_append_printf(spelling, "/%s", name);
    return g_strdup(spelling->str);
}

static char *open_file(struct vane_registration *self, const char *name)
{
    g_autofree char *path = fresh_spelling(self->path);
    bool opened;

    loading = self;
    /* cppcheck-suppress leakReturnValNotUsed; it stays open as long as the process lives */
    opened = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) != NULL;
    loading = NULL;
    if (!opened)
        return g_strdup_printf("it cannot be opened: %s", dlerror());
    if (self->calls == 0)
        return g_strdup("it registers nothing (VANE_PLUGIN() is missing)");
    if (self->calls > 1)
        return g_strdup_printf("it registers %u plugins, a file may hold one", self->calls);
    return check_descriptor(self->descriptor, name);
}

bool vane_registry_is_current(const struct vane_registration *registration,
                              const struct vane_plugin_file *file)
{
    return registration->device == file->device && registration->inode == file->inode &&
           registration->change_ns == file->change_ns;
}

static struct vane_registration *find(const struct vane_plugin_file *file)
{
    struct vane_registration *self = registrations;

    while (self && (self->device != file->device || self->inode != file->inode))
        self = self->next;
    return self;
}

/* A file that was written over keeps its inode; what is in memory then is neither old nor new. */
static void check_unchanged(struct vane_registration *self, const struct vane_plugin_file *file)
{
    if (vane_registry_is_current(self, file))
        return;
    g_free(self->refusal);
    self->refusal = g_strdup("its file was changed after it had been opened; restart the daemon");
}

struct vane_registration *vane_registry_open(const struct vane_plugin_file *file)
{
    struct vane_registration *self = find(file);

    if (self) {
        check_unchanged(self, file);
        return self;
    }
    self = g_new0(struct vane_registration, 1);
    self->path = g_strdup(file->path);
    self->device = file->device;
    self->inode = file->inode;
    self->change_ns = file->change_ns;
    self->refusal = open_file(self, file->name);
    self->next = registrations;
    registrations = self;
    if (self->refusal)
        self->descriptor = NULL;
    self->self.name = g_strdup(file->name);
    self->self.descriptor = self->descriptor;
    return self;
}
