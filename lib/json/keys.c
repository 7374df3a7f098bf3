/* Duplicate keys: few are compared pairwise, many are sorted, so that nobody can construct a slow
 * case. */
#include "lib/json/keys.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json/escape.h"

#define PAIRWISE_MAX 12

static void drop(struct vane_json_keys *keys, size_t first)
{
    while (keys->count > first)
        g_free(keys->seen[--keys->count].owned);
}

void vane_json_keys_clear(struct vane_json_keys *keys)
{
    drop(keys, 0);
    g_clear_pointer(&keys->seen, g_free);
    keys->capacity = 0;
}

void vane_json_keys_push(struct vane_json_keys *keys, const char *source, size_t len, bool escaped)
{
    struct vane_json_seen seen = {.source = source, .bytes = source, .len = len};

    if (escaped) {
        seen.bytes = seen.owned = g_malloc(len);
        seen.len = vane_json_unescape(source, len, seen.owned);
    }
    if (keys->count == keys->capacity) {
        keys->capacity = keys->capacity ? keys->capacity * 2 : 64;
        keys->seen = g_renew(struct vane_json_seen, keys->seen, keys->capacity);
    }
    keys->seen[keys->count++] = seen;
}

static bool same(const struct vane_json_seen *a, const struct vane_json_seen *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static const char *find_pairwise(const struct vane_json_seen *seen, size_t count)
{
    for (size_t later = 1; later < count; later++) {
        for (size_t earlier = 0; earlier < later; earlier++) {
            if (same(&seen[earlier], &seen[later]))
                return seen[later].source;
        }
    }
    return NULL;
}

/* Equal keys keep the order of the text, so that the second is the repetition. */
static int compare(const void *left, const void *right)
{
    const struct vane_json_seen *a = left, *b = right;
    int order;

    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    order = memcmp(a->bytes, b->bytes, a->len);
    if (order)
        return order;
    return a->source < b->source ? -1 : a->source > b->source;
}

static const char *find_sorted(struct vane_json_seen *seen, size_t count)
{
    const char *earliest = NULL;

    qsort(seen, count, sizeof(*seen), compare);
    for (size_t i = 1; i < count; i++) {
        if (same(&seen[i - 1], &seen[i]) && (!earliest || seen[i].source < earliest))
            earliest = seen[i].source;
    }
    return earliest;
}

const char *vane_json_keys_close(struct vane_json_keys *keys, size_t first)
{
    size_t count = keys->count - first;
    struct vane_json_seen *seen;
    const char *duplicate;

    if (!count)
        return NULL;
    seen = keys->seen + first;
    duplicate = count <= PAIRWISE_MAX ? find_pairwise(seen, count) : find_sorted(seen, count);
    drop(keys, first);
    return duplicate;
}
