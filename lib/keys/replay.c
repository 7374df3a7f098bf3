/* Signed messages seen. See replay.h. */
#include "lib/keys/replay.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

/* In order of arrival; what lies before the window goes from the front. */
struct seen {
    int64_t until_ms; /* from then on its time alone refuses it */
    char *key;
    char text[]; /* key and nonce */
};

struct vane_replay {
    int64_t window_ms, since_ms;
    unsigned most, share;
    GHashTable *table;  /* of struct seen, by its text */
    GHashTable *counts; /* key -> how many of it are in the table; none is absent */
    GQueue order;
};

static void free_seen(gpointer data)
{
    g_free(((struct seen *)data)->key);
    g_free(data);
}

struct vane_replay *vane_replay_new(int64_t window_ms, int64_t since_ms, unsigned most,
                                    unsigned share)
{
    struct vane_replay *replay = g_new0(struct vane_replay, 1);

    *replay = (struct vane_replay){
        .window_ms = window_ms, .since_ms = since_ms, .most = most, .share = share};
    replay->table = g_hash_table_new(g_str_hash, g_str_equal);
    replay->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_queue_init(&replay->order);
    return replay;
}

void vane_replay_free(struct vane_replay *replay)
{
    if (!replay)
        return;
    g_hash_table_unref(replay->table);
    g_hash_table_unref(replay->counts);
    g_queue_clear_full(&replay->order, free_seen);
    g_free(replay);
}

static unsigned count_of(const struct vane_replay *replay, const char *key)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(replay->counts, key));
}

static void set_count(struct vane_replay *replay, const char *key, unsigned count)
{
    if (count > 0)
        g_hash_table_replace(replay->counts, g_strdup(key), GUINT_TO_POINTER(count));
    else
        g_hash_table_remove(replay->counts, key);
}

/* Arrival is not the order of ends, so an entry may stay longer than it must: by a window. */
static void forget(struct vane_replay *replay, int64_t now_ms)
{
    struct seen *oldest;

    while ((oldest = g_queue_peek_head(&replay->order)) && oldest->until_ms < now_ms) {
        g_hash_table_remove(replay->table, oldest->text);
        set_count(replay, oldest->key, count_of(replay, oldest->key) - 1);
        free_seen(g_queue_pop_head(&replay->order));
    }
}

static void remember(struct vane_replay *replay, const char *key, const char *text,
                     int64_t until_ms)
{
    size_t size = strlen(text) + 1;
    struct seen *seen = g_malloc(sizeof(*seen) + size);

    seen->until_ms = until_ms;
    seen->key = g_strdup(key);
    memcpy(seen->text, text, size);
    g_hash_table_add(replay->table, seen->text);
    g_queue_push_tail(&replay->order, seen);
    set_count(replay, key, count_of(replay, key) + 1);
}

int vane_replay_admit(struct vane_replay *replay, const char *key, const char *nonce,
                      int64_t signed_ms, int64_t now_ms)
{
    g_autofree char *text = g_strconcat(key, " ", nonce, NULL);

    if (signed_ms < now_ms - replay->window_ms || signed_ms > now_ms + replay->window_ms)
        return -ETIME;
    replay->since_ms = MIN(replay->since_ms, now_ms); /* the clock was set back */
    if (signed_ms <= replay->since_ms)
        return -ESTALE;
    forget(replay, now_ms);
    if (g_hash_table_contains(replay->table, text))
        return -EALREADY;
    if (replay->order.length >= replay->most || count_of(replay, key) >= replay->share)
        return -ENOBUFS;
    remember(replay, key, text, signed_ms + replay->window_ms);
    return 0;
}
