/*
 * This machine's tags in its networks over restarts: its last announcement, as presence.json in the
 * state directory. Written on a thread of the pool, one at a time. See presence.h.
 */
#include <errno.h>

#include "lib/file.h"
#include "plugins/cluster/presence.h"

struct vane_tags_keeping {
    struct vane_cluster *cluster;
    char *path, *text, *next; /* next: what changed meanwhile; NULL: nothing */
    size_t length, next_length;
    int result;
};

static char *path_of(const struct vane_cluster *cluster)
{
    const char *directory;

    if (cluster->host->config->state_directory(cluster->self, &directory) < 0)
        return NULL;
    return g_build_filename(directory, "presence.json", NULL);
}

/* ---- reading ---- */

static void take(struct vane_presence *own, const struct vane_membership *kept)
{
    for (guint i = 0; i < own->networks->len; i++) {
        struct vane_membership *at = &g_array_index(own->networks, struct vane_membership, i);

        if (at->network != kept->network)
            continue;
        g_strfreev(at->tags);
        at->tags = g_strdupv(kept->tags);
    }
}

/* Tags= may have become longer since. */
static void drop_if_too_long(struct vane_cluster *cluster, struct vane_presence *own,
                             const char *path)
{
    if (vane_presence_fits(own))
        return;
    for (guint i = 0; i < own->networks->len; i++) {
        struct vane_membership *at = &g_array_index(own->networks, struct vane_membership, i);

        g_strfreev(at->tags);
        at->tags = g_new0(char *, 1);
    }
    (void)cluster->host->log->print(cluster->self, VANE_LOG_ERROR,
                                    "the tags in %s are left out: with them an announcement would "
                                    "be longer than others read; set fewer, or shorten Tags=",
                                    path);
}

void vane_tags_load(struct vane_cluster *cluster, struct vane_presence *own)
{
    g_autofree char *path = path_of(cluster);
    g_autofree char *text = NULL;
    struct vane_presence kept = {0};
    size_t length = 0;
    int r = path ? vane_file_read(path, VANE_PRESENCE_MAX, &text, &length) : -ENOENT;

    if (r == 0)
        r = vane_presence_parse(text, length, &kept);
    for (guint i = 0; r == 0 && i < kept.networks->len; i++)
        take(own, &g_array_index(kept.networks, struct vane_membership, i));
    vane_presence_clear(&kept);
    if (r == 0)
        drop_if_too_long(cluster, own, path);
    if (r < 0 && r != -ENOENT)
        (void)cluster->host->log->print(
            cluster->self, VANE_LOG_ERROR,
            "%s, which says what \"cluster tags\" has set, cannot be read: %s; this machine has no "
            "such tags until they are set again",
            path, r == -EINVAL ? "it is damaged" : g_strerror(-r));
}

/* ---- writing ---- */

static void complain(const struct vane_cluster *cluster, const char *path, int error)
{
    (void)cluster->host->log->print(
        cluster->self, VANE_LOG_ERROR,
        "the tags cannot be kept as %s: %s; they hold until the next start, unless they are set "
        "again",
        path ? path : "(no state directory)", g_strerror(-error));
}

static void on_thread(void *user)
{
    struct vane_tags_keeping *keeping = user;

    keeping->result = vane_file_replace(keeping->path, keeping->text, keeping->length, 0600);
}

static void on_written(void *user);

static void begin(struct vane_tags_keeping *keeping)
{
    struct vane_cluster *cluster = keeping->cluster;
    int r = keeping->path ? cluster->host->loop->work(cluster->self, on_thread, on_written, keeping)
                          : -EIO;

    if (r < 0) {
        keeping->result = r;
        on_written(keeping);
    }
}

static void on_written(void *user)
{
    struct vane_tags_keeping *keeping = user;

    keeping->cluster->tags_unkept = keeping->result < 0;
    if (keeping->result < 0)
        complain(keeping->cluster, keeping->path, keeping->result);
    g_free(keeping->text);
    keeping->text = g_steal_pointer(&keeping->next);
    keeping->length = keeping->next_length;
    if (keeping->text) {
        begin(keeping);
        return;
    }
    keeping->cluster->tags_keeping = NULL;
    g_free(keeping->path);
    g_free(keeping);
}

void vane_tags_keep(struct vane_cluster *cluster, const struct vane_presence *own)
{
    struct vane_tags_keeping *keeping = cluster->tags_keeping;
    size_t length;
    char *text = vane_presence_format(own, &length);

    if (keeping) {
        g_free(keeping->next);
        keeping->next = text;
        keeping->next_length = length;
        return;
    }
    keeping = g_new0(struct vane_tags_keeping, 1);
    *keeping = (struct vane_tags_keeping){
        .cluster = cluster, .path = path_of(cluster), .text = text, .length = length};
    cluster->tags_keeping = keeping;
    begin(keeping);
}
