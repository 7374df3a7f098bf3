/* The order of initialisation. See order.h. */
#include "engine/plugins/order.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

struct sorter {
    struct vane_order_item *items;
    size_t count;
    bool *placed;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct vane_order_item *)a)->name,
                  ((const struct vane_order_item *)b)->name);
}

static struct vane_order_item *find(const struct sorter *s, const char *name)
{
    struct vane_order_item key = {.name = name};

    return bsearch(&key, s->items, s->count, sizeof(key), by_name);
}

static bool is_placed(const struct sorter *s, const struct vane_order_item *item)
{
    return s->placed[item - s->items];
}

/* The first requirement that cannot be met, or NULL. */
static const char *unmet(const struct sorter *s, const struct vane_order_item *item)
{
    for (const char *const *each = item->requires_plugins; each && *each; each++) {
        const struct vane_order_item *needed = find(s, *each);

        if (!needed || needed->refusal)
            return *each;
    }
    return NULL;
}

static void refuse_unmet(struct sorter *s)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < s->count; i++) {
            const char *missing = s->items[i].refusal ? NULL : unmet(s, &s->items[i]);

            if (!missing)
                continue;
            s->items[i].refusal =
                g_strdup_printf("it requires the plugin %s, which is %s", missing,
                                find(s, missing) ? "refused itself" : "not there or not enabled");
            changed = true;
        }
    }
}

/* Are those in the list that are there all placed? */
static bool all_placed(const struct sorter *s, const char *const *names)
{
    for (; names && *names; names++) {
        const struct vane_order_item *item = find(s, *names);

        if (item && !item->refusal && !is_placed(s, item))
            return false;
    }
    return true;
}

static bool is_open(const struct sorter *s, size_t index)
{
    return !s->items[index].refusal && !s->placed[index];
}

/* The first by name that may come next; `strict` honours `after`, too. -1: none. */
static ssize_t pick(const struct sorter *s, bool strict)
{
    for (size_t i = 0; i < s->count; i++)
        if (is_open(s, i) && all_placed(s, s->items[i].requires_plugins) &&
            (!strict || all_placed(s, s->items[i].after_plugins)))
            return (ssize_t)i;
    return -1;
}

/* Only circles are left, and what hangs on them. Follows requirements until one comes again. */
static char *describe_circle(const struct sorter *s, const struct vane_order_item *start)
{
    GString *text = g_string_new("its requirements form a circle: ");
    const struct vane_order_item *item = start;

    g_string_append(text, start->name);
    for (size_t step = 0; step < s->count; step++) {
        const char *const *each = item->requires_plugins;

        while (is_placed(s, find(s, *each)))
            each++;
        item = find(s, *each);
        g_string_append_printf(text, " -> %s", item->name);
        if (item == start)
            break;
    }
    return g_string_free(text, FALSE);
}

/* Reasons are worded while the others are still open, and set together. */
static void refuse_open(struct sorter *s)
{
    g_autofree char **refusals = g_new0(char *, s->count + 1);

    for (size_t i = 0; i < s->count; i++)
        if (is_open(s, i))
            refusals[i] = describe_circle(s, &s->items[i]);
    for (size_t i = 0; i < s->count; i++)
        if (refusals[i])
            s->items[i].refusal = refusals[i];
}

size_t vane_order(struct vane_order_item *items, size_t count, size_t *order)
{
    g_autofree bool *placed = g_new0(bool, count + 1);
    struct sorter s = {.items = items, .count = count, .placed = placed};
    size_t n = 0;

    if (count > 0)
        qsort(items, count, sizeof(*items), by_name);
    refuse_unmet(&s);
    for (;;) {
        ssize_t next = pick(&s, true);

        if (next < 0)
            next = pick(&s, false);
        if (next < 0)
            break;
        placed[next] = true;
        order[n++] = (size_t)next;
    }
    refuse_open(&s);
    return n;
}
