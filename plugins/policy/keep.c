/*
 * Members over restarts, as members-N.json in the state directory: who is evicted and until when,
 * who is a member since when, who waits. Written on a thread of the pool, one network at a time, to
 * a new file that takes the old one's place.
 */
#include <errno.h>
#include <unistd.h>

#include "lib/file.h"
#include "plugins/policy/policy.h"

struct vane_policy_keeping {
    struct vane_policy_plugin *plugin;
    uint16_t network_id;
    char *path, *text;
    size_t length;
    int result;
    bool unwanted; /* the policy has ended meanwhile */
};

static char *path_of(const struct vane_policy_runner *runner)
{
    const struct vane_policy_plugin *plugin = runner->plugin;
    const char *directory;

    if (plugin->host->config->state_directory(plugin->self, &directory) < 0)
        return NULL;
    return g_strdup_printf("%s/members-%u.json", directory, runner->network_id);
}

/* ---- reading ---- */

bool vane_policy_members_are_kept(const struct vane_policy_runner *runner)
{
    g_autofree char *path = path_of(runner);

    return path && access(path, F_OK) == 0;
}

void vane_policy_members_load(struct vane_policy_runner *runner)
{
    const struct vane_policy_plugin *plugin = runner->plugin;
    g_autofree char *path = path_of(runner), *text = NULL;
    size_t length = 0;
    int r = path ? vane_file_read(path, VANE_POLICY_MEMBERS_FILE_MAX, &text, &length) : -ENOENT;

    if (r == 0)
        r = vane_policy_members_parse(runner->members, text, length);
    runner->kept_revision = runner->members->revision;
    if (r < 0 && r != -ENOENT)
        plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                                 "%s, which says who was evicted from network %u, cannot be read: "
                                 "%s; nobody is evicted until the rules do so again",
                                 path, runner->network_id,
                                 r == -EINVAL ? "it is damaged" : g_strerror(-r));
}

/* ---- writing ---- */

static void complain(const struct vane_policy_plugin *plugin, uint16_t network_id, const char *path,
                     int error)
{
    plugin->host->log->print(
        plugin->self, VANE_LOG_ERROR,
        "the members of network %u cannot be kept as %s: %s; it is tried again "
        "with the next change",
        network_id, path ? path : "(no state directory)", g_strerror(-error));
}

static void write_on_thread(void *user)
{
    struct vane_policy_keeping *keeping = user;

    keeping->result = vane_file_replace(keeping->path, keeping->text, keeping->length, 0600);
}

static void written(void *user)
{
    struct vane_policy_keeping *keeping = user;
    struct vane_policy_plugin *plugin = keeping->plugin;

    plugin->keeping = NULL;
    if (keeping->unwanted)
        (void)unlink(keeping->path);
    else if (keeping->result < 0)
        complain(plugin, keeping->network_id, keeping->path, keeping->result);
    g_free(keeping->path);
    g_free(keeping->text);
    g_free(keeping);
    if (!plugin->stopping)
        vane_policy_members_keep(plugin);
    else if (vane_policy_is_idle(plugin))
        vane_policy_stopped(plugin);
}

static bool is_kept(const struct vane_policy_runner *runner)
{
    return !runner->members || runner->members->revision == runner->kept_revision;
}

static void keep(struct vane_policy_runner *runner)
{
    struct vane_policy_plugin *plugin = runner->plugin;
    struct vane_policy_keeping *keeping = g_new0(struct vane_policy_keeping, 1);
    int r;

    *keeping = (struct vane_policy_keeping){
        .plugin = plugin, .network_id = runner->network_id, .path = path_of(runner)};
    keeping->text = vane_policy_members_format(runner->members, &keeping->length);
    runner->kept_revision = runner->members->revision;
    r = keeping->path ? plugin->host->loop->work(plugin->self, write_on_thread, written, keeping)
                      : -EIO;
    if (r == 0) {
        plugin->keeping = keeping;
        return;
    }
    complain(plugin, runner->network_id, keeping->path, r);
    g_free(keeping->path);
    g_free(keeping->text);
    g_free(keeping);
}

void vane_policy_members_keep(struct vane_policy_plugin *plugin)
{
    for (guint i = 0; i < plugin->runners->len && !plugin->keeping; i++) {
        struct vane_policy_runner *runner = g_ptr_array_index(plugin->runners, i);

        if (!is_kept(runner))
            keep(runner);
    }
}

void vane_policy_members_keep_now(struct vane_policy_runner *runner)
{
    g_autofree char *path = path_of(runner), *text = NULL;
    size_t length;
    int r = -EIO;

    if (is_kept(runner))
        return;
    text = vane_policy_members_format(runner->members, &length);
    runner->kept_revision = runner->members->revision;
    if (path)
        r = vane_file_replace(path, text, length, 0600);
    if (r < 0)
        complain(runner->plugin, runner->network_id, path, r);
}

void vane_policy_members_unlink(struct vane_policy_runner *runner)
{
    struct vane_policy_keeping *keeping = runner->plugin->keeping;
    g_autofree char *path = path_of(runner);

    if (keeping && keeping->network_id == runner->network_id)
        keeping->unwanted = true;
    else if (path && unlink(path) < 0 && errno != ENOENT)
        runner->plugin->host->log->print(runner->plugin->self, VANE_LOG_ERROR,
                                         "%s cannot be removed: %s", path, g_strerror(errno));
}
