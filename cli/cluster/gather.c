/* One question to many machines. See gather.h. */
#include "cli/cluster/gather.h"

enum state {
    AWAITED = 1, /* 0 is what a table has for nobody */
    ABSENT,
    UNPROVEN,
    PROVEN,
};

struct vane_gather {
    GHashTable *machines; /* NKey to state */
    guint awaited;
    bool known, only_expected, held;
    int64_t deadline, stall_ms;
    int64_t last; /* news; negative: none yet */
};

struct vane_gather *vane_gather_new(const struct vane_gather_plan *plan, int64_t now_ms)
{
    struct vane_gather *gather = g_new0(struct vane_gather, 1);

    gather->machines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gather->known = plan->expected;
    gather->only_expected = plan->only_expected;
    gather->deadline = now_ms + plan->timeout_ms;
    gather->stall_ms = plan->stall_ms;
    gather->last = -1;
    for (guint i = 0; plan->expected && i < plan->expected->len; i++)
        g_hash_table_insert(gather->machines, g_strdup(g_ptr_array_index(plan->expected, i)),
                            GINT_TO_POINTER(AWAITED));
    gather->awaited = g_hash_table_size(gather->machines);
    return gather;
}

void vane_gather_free(struct vane_gather *gather)
{
    g_hash_table_unref(gather->machines);
    g_free(gather);
}

static void note(struct vane_gather *gather, const char *nkey, bool proven)
{
    g_hash_table_replace(gather->machines, g_strdup(nkey),
                         GINT_TO_POINTER(proven ? PROVEN : UNPROVEN));
}

enum vane_gather_news vane_gather_take(struct vane_gather *gather, const char *nkey, bool proven,
                                       int64_t now_ms)
{
    gpointer state = g_hash_table_lookup(gather->machines, nkey);

    if (!state && gather->only_expected)
        return VANE_GATHER_UNASKED;
    if (GPOINTER_TO_INT(state) == PROVEN || (GPOINTER_TO_INT(state) == UNPROVEN && !proven))
        return VANE_GATHER_AGAIN;
    note(gather, nkey, proven);
    if (GPOINTER_TO_INT(state) == UNPROVEN)
        return VANE_GATHER_BETTER;
    gather->last = now_ms;
    if (GPOINTER_TO_INT(state) == AWAITED)
        gather->awaited--;
    return VANE_GATHER_FIRST;
}

void vane_gather_expect(struct vane_gather *gather, const char *nkey, int64_t now_ms)
{
    if (g_hash_table_lookup(gather->machines, nkey))
        return;
    g_hash_table_insert(gather->machines, g_strdup(nkey), GINT_TO_POINTER(AWAITED));
    gather->awaited++;
    gather->last = now_ms;
}

void vane_gather_complete(struct vane_gather *gather)
{
    gather->known = true;
}

void vane_gather_absent(struct vane_gather *gather, const char *nkey)
{
    if (GPOINTER_TO_INT(g_hash_table_lookup(gather->machines, nkey)) != AWAITED)
        return;
    g_hash_table_replace(gather->machines, g_strdup(nkey), GINT_TO_POINTER(ABSENT));
    gather->awaited--;
}

void vane_gather_hold(struct vane_gather *gather, bool held)
{
    gather->held = held;
}

int64_t vane_gather_wait(const struct vane_gather *gather, int64_t now_ms)
{
    int64_t end = gather->deadline;

    if (gather->held)
        return MAX(end - now_ms, 0);
    if (gather->known && gather->awaited == 0)
        return 0;
    if (!gather->known && gather->awaited == 0 && gather->last >= 0)
        end = MIN(end, gather->last + gather->stall_ms);
    return MAX(end - now_ms, 0);
}

static gint compare(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *vane_gather_silent(const struct vane_gather *gather)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iterator;
    gpointer nkey, state;

    g_hash_table_iter_init(&iterator, gather->machines);
    while (g_hash_table_iter_next(&iterator, &nkey, &state))
        if (GPOINTER_TO_INT(state) == AWAITED || GPOINTER_TO_INT(state) == ABSENT)
            g_ptr_array_add(list, g_strdup(nkey));
    g_ptr_array_sort(list, compare);
    return list;
}
