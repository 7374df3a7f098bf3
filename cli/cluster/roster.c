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

static char **read_tags(struct vane_json_view list)
{
    GPtrArray *tags = vane_cli_lines(list);

    g_ptr_array_add(tags, NULL);
    return (char **)g_ptr_array_free(tags, FALSE);
}

GPtrArray *vane_roster_read(struct vane_json_view list)
{
    GPtrArray *roster = g_ptr_array_new_with_free_func(free_machine);
    struct vane_json_cursor cursor = vane_json_walk(list);
    struct vane_json_view element;

    while (vane_json_next_element(&cursor, &element)) {
        g_autofree char *nkey = vane_cli_text(vane_cli_member(element, "nkey"));
        struct vane_machine *machine;

        if (!vane_nkey_valid(nkey))
            continue;
        machine = g_new0(struct vane_machine, 1);
        machine->nkey = g_steal_pointer(&nkey);
        machine->name = vane_cli_text(vane_cli_member(element, "name"));
        machine->tags = read_tags(vane_cli_member(element, "tags"));
        g_ptr_array_add(roster, machine);
    }
    return roster;
}

static const struct vane_machine *at(const GPtrArray *roster, guint index)
{
    return g_ptr_array_index(roster, index);
}

/* ---- choosing ---- */

static void add(GPtrArray *nkeys, const char *nkey)
{
    if (!g_ptr_array_find_with_equal_func(nkeys, nkey, g_str_equal, NULL))
        g_ptr_array_add(nkeys, g_strdup(nkey));
}

static bool is_meant(const struct vane_machine *machine, const char *node)
{
    return g_str_equal(machine->nkey, node) || g_ascii_strcasecmp(machine->name, node) == 0 ||
           g_strv_contains((const char *const *)machine->tags, node);
}

static int refuse(const GPtrArray *roster, const char *node, char **why)
{
    if (roster)
        *why =
            g_strdup_printf("\"%s\" is no name, NKey or tag of a machine (\"show cluster nodes\" "
                            "lists them)",
                            node);
    else
        *why = g_strdup_printf("nobody in the cluster tells which machine is \"%s\"; give its NKey",
                               node);
    return -ENOENT;
}

static int add_node(GPtrArray *nkeys, const GPtrArray *roster, const char *node, char **why)
{
    guint before = nkeys->len;
    bool found = false;

    for (guint i = 0; roster && i < roster->len; i++) {
        if (is_meant(at(roster, i), node)) {
            add(nkeys, at(roster, i)->nkey);
            found = true;
        }
    }
    if (!found && vane_nkey_valid(node))
        add(nkeys, node);
    return found || nkeys->len > before || vane_nkey_valid(node) ? 0 : refuse(roster, node, why);
}

int vane_targets_choose(struct vane_targets *targets, const GPtrArray *nodes,
                        const GPtrArray *nkeys, GPtrArray *roster, char **why)
{
    GPtrArray *chosen = g_ptr_array_new_with_free_func(g_free);
    int r = 0;

    *targets = (struct vane_targets){.all = nodes->len + nkeys->len == 0,
                                     .nkeys = chosen,
                                     .roster = roster,
                                     .named = nodes->len > 0};
    for (guint i = 0; i < nkeys->len; i++)
        add(chosen, g_ptr_array_index(nkeys, i));
    for (guint i = 0; r == 0 && i < nodes->len; i++)
        r = add_node(chosen, roster, g_ptr_array_index(nodes, i), why);
    for (guint i = 0; targets->all && roster && i < roster->len; i++)
        add(chosen, at(roster, i)->nkey);
    if (targets->all && chosen->len == 0)
        g_clear_pointer(&targets->nkeys, g_ptr_array_unref);
    return r;
}

void vane_targets_clear(struct vane_targets *targets)
{
    g_clear_pointer(&targets->nkeys, g_ptr_array_unref);
    g_clear_pointer(&targets->roster, g_ptr_array_unref);
}

static const char *name_of(const struct vane_targets *targets, const char *nkey)
{
    for (guint i = 0; targets->roster && i < targets->roster->len; i++)
        if (g_str_equal(at(targets->roster, i)->nkey, nkey))
            return at(targets->roster, i)->name;
    return NULL;
}

const char *vane_targets_name(const struct vane_targets *targets, const char *nkey)
{
    return targets->named ? name_of(targets, nkey) : NULL;
}

char *vane_targets_title(const struct vane_targets *targets, const char *nkey)
{
    const char *name = name_of(targets, nkey);

    return name && *name ? g_strdup_printf("%s (%s)", name, nkey) : g_strdup(nkey);
}
