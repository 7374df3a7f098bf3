/* Which machines there are, and which are meant. See roster.h. */
#include "cli/cluster/roster.h"

#include <errno.h>
#include <string.h>

#include "cli/value.h"
#include "lib/keys/nkey.h"

static void free_machine(gpointer data)
{
    struct vane_machine *machine = data;

    g_free(machine->nkey);
    g_free(machine->name);
    g_strfreev(machine->tags);
    g_free(machine);
}

GPtrArray *vane_roster_new(void)
{
    return g_ptr_array_new_with_free_func(free_machine);
}

static const struct vane_machine *at(const GPtrArray *roster, guint index)
{
    return g_ptr_array_index(roster, index);
}

static const struct vane_machine *find(const GPtrArray *roster, const char *nkey)
{
    for (guint i = 0; i < roster->len; i++)
        if (g_str_equal(at(roster, i)->nkey, nkey))
            return at(roster, i);
    return NULL;
}

const char *vane_roster_add_pong(GPtrArray *roster, struct vane_json_view pong)
{
    g_autofree char *nkey = vane_cli_text(vane_cli_member(pong, "id"));
    g_autofree char *tags = vane_cli_text(vane_cli_member(pong, "metadata.tags"));
    struct vane_machine *machine;

    if (!vane_nkey_valid(nkey) || find(roster, nkey))
        return NULL;
    machine = g_new0(struct vane_machine, 1);
    machine->nkey = g_steal_pointer(&nkey);
    machine->name = vane_cli_text(vane_cli_member(pong, "metadata.node"));
    machine->tags = g_strsplit(tags, ",", -1);
    g_ptr_array_add(roster, machine);
    return machine->nkey;
}

/* ---- choosing ---- */

static void add(GPtrArray *nkeys, const char *nkey)
{
    if (!g_ptr_array_find_with_equal_func(nkeys, nkey, g_str_equal, NULL))
        g_ptr_array_add(nkeys, g_strdup(nkey));
}

static bool is_meant(const struct vane_machine *machine, const char *node)
{
    return g_str_equal(node, "all") || g_str_equal(machine->nkey, node) ||
           g_ascii_strcasecmp(machine->name, node) == 0 ||
           g_strv_contains((const char *const *)machine->tags, node);
}

static bool add_node(GPtrArray *nkeys, const GPtrArray *roster, const char *node)
{
    bool found = vane_nkey_valid(node);

    if (found)
        add(nkeys, node);
    for (guint i = 0; i < roster->len; i++) {
        if (is_meant(at(roster, i), node)) {
            add(nkeys, at(roster, i)->nkey);
            found = true;
        }
    }
    return found;
}

int vane_targets_choose(struct vane_targets *targets, const GPtrArray *nodes,
                        const GPtrArray *nkeys, GPtrArray *roster, char **why)
{
    GPtrArray *chosen = g_ptr_array_new_with_free_func(g_free);

    *targets = (struct vane_targets){.nkeys = chosen, .roster = roster, .named = nodes->len > 0};
    for (guint i = 0; i < nkeys->len; i++)
        add(chosen, g_ptr_array_index(nkeys, i));
    for (guint i = 0; i < nodes->len; i++) {
        const char *node = g_ptr_array_index(nodes, i);

        if (add_node(chosen, roster, node))
            continue;
        *why = g_strdup_printf("no machine with the name, NKey or tag \"%s\" says that it is there",
                               node);
        return -ENOENT;
    }
    targets->all = chosen->len == 0;
    if (targets->all)
        g_clear_pointer(&targets->nkeys, g_ptr_array_unref);
    return 0;
}

void vane_targets_clear(struct vane_targets *targets)
{
    g_clear_pointer(&targets->nkeys, g_ptr_array_unref);
    g_clear_pointer(&targets->roster, g_ptr_array_unref);
}

const char *vane_targets_name(const struct vane_targets *targets, const char *nkey)
{
    const struct vane_machine *machine = find(targets->roster, nkey);

    return machine && *machine->name ? machine->name : NULL;
}

char *vane_targets_title(const struct vane_targets *targets, const char *nkey)
{
    const char *name = vane_targets_name(targets, nkey);

    return name ? g_strdup_printf("%s (%s)", name, nkey) : g_strdup(nkey);
}
