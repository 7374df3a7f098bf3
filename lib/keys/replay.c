/* Signed messages seen. See replay.h. */
#include "lib/keys/replay.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

/* In order of arrival; what lies before the window goes from the front. */
struct seen {
    int64_t until_ms; /* from then on its time alone refuses it */
    char text[];      /* key and nonce */
};

struct vane_replay {
    int64_t window_ms;
    GHashTable *table; /* of struct seen, by its text */
    GQueue order;
};

struct vane_replay *vane_replay_new(int64_t window_ms)
{
    struct vane_replay *replay = g_new0(struct vane_replay, 1);

    replay->window_ms = window_ms;
    replay->table = g_hash_table_new(g_str_hash, g_str_equal);
    g_queue_init(&replay->order);
    return replay;
}

void vane_replay_free(struct vane_replay *replay)
{
    if (!replay)
        return;
    g_hash_table_unref(replay->table);
    g_queue_clear_full(&replay->order, g_free);
    g_free(replay);
}

/* Arrival is not the order of ends, so an entry may stay longer than it must: by a window. */
static void forget(struct vane_replay *replay, int64_t now_ms)
{
    struct seen *oldest;

    while ((oldest = g_queue_peek_head(&replay->order)) && oldest->until_ms < now_ms) {
        g_hash_table_remove(replay->table, oldest->text);
        g_free(g_queue_pop_head(&replay->order));
    }
}

int vane_replay_admit(struct vane_replay *replay, const char *key, const char *nonce,
                      int64_t signed_ms, int64_t now_ms)
{
    size_t size = strlen(key) + strlen(nonce) + 2;
    struct seen *seen;

    if (signed_ms < now_ms - replay->window_ms || signed_ms > now_ms + replay->window_ms)
        return -ETIME;
    forget(replay, now_ms);
    seen = g_malloc(sizeof(*seen) + size);
    g_snprintf(seen->text, size, "%s %s", key, nonce);
    seen->until_ms = signed_ms + replay->window_ms;
    if (g_hash_table_contains(replay->table, seen->text)) {
        g_free(seen);
        return -EALREADY;
    }
    if (replay->order.length >= VANE_REPLAY_MAX) {
        g_free(seen);
        return -ENOBUFS;
    }
    g_hash_table_add(replay->table, seen->text);
    g_queue_push_tail(&replay->order, seen);
    return 0;
}
