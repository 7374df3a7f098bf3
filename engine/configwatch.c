/* Notices when a file of the configuration is saved. See configwatch.h. */
#include "engine/configwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <uv.h>

#include "engine/config/configuration.h"
#include "engine/engine.h"
#include "engine/loop/loop.h"

/* Changes are one when no more than the first lies between them, and the second is not exceeded. */
#define SETTLE_MS     200u
#define SETTLE_MAX_MS 2000u

/* A directory and the names in it that matter. */
struct place {
    uv_fs_event_t handle;
    struct vane_configuration_watch *watch;
    GHashTable *names;
    bool drop_ins; /* all that end with .conf matter, too */
    bool all;      /* there is a symbolic link in it, which may lead through any other name */
};

struct vane_configuration_watch {
    struct vane_engine *engine;
    GHashTable *places; /* by path: struct place */
    char *seen;         /* the digest of the files as last read */
    struct vane_timer *timer;
    uint64_t since_ns;                       /* of the first change that the timer waits for */
    const struct vane_configuration *before; /* in force when the last reload began */
};

static void start_timer(struct vane_configuration_watch *watch);

/* ---- what the kernel reports ---- */

static void place_closed(uv_handle_t *handle)
{
    struct place *place = handle->data;

    g_hash_table_unref(place->names);
    g_free(place);
}

static void place_free(gpointer data)
{
    struct place *place = data;

    place->watch = NULL; /* nothing is taken notice of while it closes */
    uv_close((uv_handle_t *)&place->handle, place_closed);
}

static bool is_of_interest(const struct place *place, const char *name)
{
    if (place->all || !name)
        return true;
    if (g_hash_table_contains(place->names, name))
        return true;
    return place->drop_ins && name[0] != '.' && g_str_has_suffix(name, ".conf");
}

static void on_change(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct place *place = handle->data;

    (void)events;
    if (place->watch && (status < 0 || is_of_interest(place, name)))
        start_timer(place->watch);
}

/* ---- which directories ---- */

static struct place *place_new(struct vane_configuration_watch *watch, const char *directory)
{
    struct place *place = g_new0(struct place, 1);

    uv_fs_event_init(&watch->engine->loop, &place->handle);
    place->handle.data = place;
    place->watch = watch;
    place->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    /* That the directory itself goes is told by its own name. */
    g_hash_table_add(place->names, g_path_get_basename(directory));
    return place;
}

/* `name` NULL: whatever is a drop-in. */
static int add_place(struct vane_configuration_watch *watch, const char *directory,
                     const char *name)
{
    struct place *place = g_hash_table_lookup(watch->places, directory);
    int r;

    if (!place) {
        place = place_new(watch, directory);
        r = uv_fs_event_start(&place->handle, on_change, directory, 0);
        if (r < 0) {
            place_free(place);
            return r;
        }
        g_hash_table_insert(watch->places, g_strdup(directory), place);
    }
    if (name)
        g_hash_table_add(place->names, g_strdup(name));
    else
        place->drop_ins = true;
    return 0;
}

/* The directory of a path; while it does not exist, the one in which its parent will appear. */
static void add_parent(struct vane_configuration_watch *watch, const char *path)
{
    g_autofree char *child = g_strdup(path);
    int r;

    do {
        g_autofree char *directory = g_path_get_dirname(child);
        g_autofree char *name = g_path_get_basename(child);

        r = add_place(watch, directory, name);
        g_free(child);
        child = g_steal_pointer(&directory);
    } while ((r == -ENOENT || r == -ENOTDIR) && strcmp(child, "/") != 0);
    if (r < 0)
        vane_warning("config", "changes of %s go unnoticed: %s cannot be watched: %s", path, child,
                     g_strerror(-r));
}

/* What a link leads to may be written in place; or the link, or one on the way, is replaced. */
static void add_target(struct vane_configuration_watch *watch, const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    struct place *place = g_hash_table_lookup(watch->places, directory);
    char *target;

    if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK))
        return;
    if (place)
        place->all = true;
    target = realpath(path, NULL);
    if (target)
        add_parent(watch, target);
    free(target);
}

static void add_drop_ins(struct vane_configuration_watch *watch, const char *directory)
{
    GDir *entries;
    const char *name;

    if (add_place(watch, directory, NULL) < 0)
        return;
    entries = g_dir_open(directory, 0, NULL);
    while (entries && (name = g_dir_read_name(entries))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (g_str_has_suffix(name, ".conf"))
            add_target(watch, path);
    }
    if (entries)
        g_dir_close(entries);
}

static void add_file(struct vane_configuration_watch *watch, const char *file)
{
    g_autofree char *path = g_canonicalize_filename(file, NULL);
    g_autofree char *directory = g_strconcat(path, ".d", NULL);

    add_parent(watch, path);
    add_parent(watch, directory);
    add_target(watch, path);
    add_drop_ins(watch, directory);
    add_target(watch, directory);
}

/* All anew, as directories come and go; what is reported in between is read right afterwards. */
static void look_around(struct vane_configuration_watch *watch)
{
    const char *file;

    g_hash_table_remove_all(watch->places);
    for (unsigned i = 0; (file = vane_configuration_source(watch->engine->configuration, i)); i++)
        add_file(watch, file);
}

/* ---- a change ---- */

/* What a plugin would not take up was told by itself. */
static void on_reloaded(void *user, int result, const char *errors)
{
    const struct vane_engine *engine = user;
    g_auto(GStrv) lines = g_strsplit(errors, "\n", -1);

    if (result >= 0 || !engine->watch || engine->watch->before != engine->configuration)
        return;
    for (char **line = lines; *line; line++)
        vane_error("config", "%s", *line);
    vane_error("engine", "the changed configuration is not taken up; the old one stays in force");
}

static void on_settled(void *user)
{
    struct vane_configuration_watch *watch = user;
    struct vane_engine *engine = watch->engine;
    g_autofree char *now = NULL;

    watch->timer = NULL;
    if (engine->reload) { /* its own changes are none of ours to miss */
        start_timer(watch);
        return;
    }
    watch->since_ns = 0;
    look_around(watch);
    now = vane_configuration_digest_now(engine->configuration);
    if (strcmp(now, watch->seen) == 0)
        return;
    watch->before = engine->configuration;
    vane_info("config", "a file of the configuration has changed");
    (void)vane_engine_reload(engine, on_reloaded, engine); /* -EBUSY: the daemon is ending */
}

/* Each change puts it off, so that what is written in pieces is read whole; but not for ever. */
static void start_timer(struct vane_configuration_watch *watch)
{
    uint64_t now = vane_monotonic_ns();

    if (watch->since_ns == 0)
        watch->since_ns = now;
    if (watch->timer && now - watch->since_ns > (uint64_t)SETTLE_MAX_MS * 1000000)
        return;
    vane_timer_stop(g_steal_pointer(&watch->timer));
    vane_timer_start(watch->engine, NULL, SETTLE_MS, 0, on_settled, watch, &watch->timer);
}

/* ---- its life ---- */

static void begin(struct vane_engine *engine)
{
    struct vane_configuration_watch *watch = g_new0(struct vane_configuration_watch, 1);

    watch->engine = engine;
    watch->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
    watch->seen = vane_configuration_digest(engine->configuration);
    engine->watch = watch;
    look_around(watch);
    start_timer(watch); /* for what changed since the files were read */
}

void vane_configuration_watch_update(struct vane_engine *engine)
{
    bool wanted = vane_configuration_settings(engine->configuration)->watch_configuration;

    if (wanted && !engine->watch)
        begin(engine);
    else if (!wanted)
        vane_configuration_watch_stop(engine);
}

void vane_configuration_watch_seen(struct vane_engine *engine,
                                   const struct vane_configuration *configuration)
{
    if (!engine->watch)
        return;
    g_free(engine->watch->seen);
    engine->watch->seen = vane_configuration_digest(configuration);
}

void vane_configuration_watch_stop(struct vane_engine *engine)
{
    struct vane_configuration_watch *watch = g_steal_pointer(&engine->watch);

    if (!watch)
        return;
    vane_timer_stop(watch->timer);
    g_hash_table_unref(watch->places);
    g_free(watch->seen);
    g_free(watch);
}
