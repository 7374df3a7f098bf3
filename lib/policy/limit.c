/* How often something may happen. See limit.h. The times of what happened are kept, as anything
 * less exact would let twice as much through at the wrong moment. */
#include "lib/policy/limit.h"

#include <glib.h>

struct window {
    uint64_t *times; /* a ring of `room` */
    uint32_t first, used, room;
};

struct vane_policy_limit {
    uint32_t count;
    uint64_t per_ns;
    GHashTable *windows; /* by key */
};

static void window_free(gpointer data)
{
    struct window *window = data;

    g_free(window->times);
    g_free(window);
}

struct vane_policy_limit *vane_policy_limit_new(uint32_t count, uint64_t per_ns)
{
    struct vane_policy_limit *limit = g_new0(struct vane_policy_limit, 1);

    limit->count = count;
    limit->per_ns = per_ns;
    limit->windows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, window_free);
    return limit;
}

void vane_policy_limit_free(struct vane_policy_limit *limit)
{
    if (limit)
        g_hash_table_unref(limit->windows);
    g_free(limit);
}

static void forget_old(struct window *window, uint64_t now_ns, uint64_t per_ns)
{
    while (window->used > 0 && now_ns - window->times[window->first] >= per_ns) {
        window->first = (window->first + 1) % window->room;
        window->used--;
    }
}

static void grow(struct window *window, uint32_t count)
{
    uint32_t room = MIN(count, MAX(window->room * 2, 8));
    uint64_t *times = g_new(uint64_t, room);

    for (uint32_t i = 0; i < window->used; i++)
        times[i] = window->times[(window->first + i) % window->room];
    g_free(window->times);
    window->times = times;
    window->first = 0;
    window->room = room;
}

static void add(struct window *window, uint64_t now_ns, uint32_t count)
{
    if (window->used == window->room)
        grow(window, count);
    window->times[(window->first + window->used++) % window->room] = now_ns;
}

struct question {
    uint64_t now_ns, per_ns;
};

static gboolean is_over(gpointer key, gpointer value, gpointer data)
{
    const struct question *question = data;

    (void)key;
    forget_old(value, question->now_ns, question->per_ns);
    return ((struct window *)value)->used == 0;
}

/* NULL: there are too many keys. */
static struct window *window_of(struct vane_policy_limit *limit, const char *key, uint64_t now_ns)
{
    struct question question = {now_ns, limit->per_ns};
    struct window *window = g_hash_table_lookup(limit->windows, key);

    if (window)
        return window;
    if (g_hash_table_size(limit->windows) >= VANE_POLICY_LIMIT_KEYS)
        g_hash_table_foreach_remove(limit->windows, is_over, &question);
    if (g_hash_table_size(limit->windows) >= VANE_POLICY_LIMIT_KEYS)
        return NULL;
    window = g_new0(struct window, 1);
    g_hash_table_insert(limit->windows, g_strdup(key), window);
    return window;
}

bool vane_policy_limit_take(struct vane_policy_limit *limit, const char *key, uint64_t now_ns,
                            bool only_ask)
{
    struct window *window = window_of(limit, key, now_ns);

    if (!window)
        return false;
    forget_old(window, now_ns, limit->per_ns);
    if (window->used >= limit->count)
        return false;
    if (!only_ask)
        add(window, now_ns, limit->count);
    return true;
}
