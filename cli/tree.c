/* The tree of causes. See tree.h. */
#include "cli/tree.h"

#include "cli/details.h"
#include "cli/value.h"

/* Enough for any story that a screen can show; deeper ones hang on the last level. */
#define DEPTH_MAX 32u

struct node {
    struct vane_json_view event;
    char *id;
    int64_t monotonic_ns;
    GArray *effects; /* of guint: indices of nodes */
};

static void node_clear(gpointer data)
{
    struct node *node = data;

    g_free(node->id);
    g_array_unref(node->effects);
}

static struct node *node_at(const GArray *nodes, guint index)
{
    return &g_array_index(nodes, struct node, index);
}

static guint add_node(GArray *nodes, struct vane_json_view event)
{
    struct node node = {
        .event = event,
        .id = vane_cli_text(vane_cli_member(event, "id")),
        .effects = g_array_new(FALSE, FALSE, sizeof(guint)),
    };

    vane_json_get_int64(vane_cli_member(event, "monotonic_ns"), &node.monotonic_ns);
    g_array_append_val(nodes, node);
    return nodes->len - 1;
}

/* Nodes by event; those whose cause is not among them are roots. */
static void read_story(GArray *nodes, GArray *roots, struct vane_json_view story)
{
    g_autoptr(GHashTable) by_id = g_hash_table_new(g_str_hash, g_str_equal);
    struct vane_json_cursor cursor = vane_json_walk(story);
    struct vane_json_view event;
    gpointer parent;

    while (vane_json_next_element(&cursor, &event)) {
        g_autofree char *cause = vane_cli_text(vane_cli_member(event, "cause"));
        guint index = add_node(nodes, event);

        if (*cause && g_hash_table_lookup_extended(by_id, cause, NULL, &parent))
            g_array_append_val(node_at(nodes, GPOINTER_TO_UINT(parent))->effects, index);
        else
            g_array_append_val(roots, index);
        g_hash_table_insert(by_id, node_at(nodes, index)->id, GUINT_TO_POINTER(index));
    }
}

/* How long after the root: "+80.3 ms". */
static void append_offset(GString *out, int64_t ns)
{
    if (ns >= 10 * INT64_C(1000000000))
        g_string_append_printf(out, "+%.1f s", (double)ns / 1e9);
    else
        g_string_append_printf(out, "+%.1f ms", (double)ns / 1e6);
}

static void append_event(GString *out, const struct node *node)
{
    g_autofree char *topic = vane_cli_text(vane_cli_member(node->event, "topic"));
    g_autofree char *name = vane_cli_text(vane_cli_member(node->event, "payload.interface_name"));
    g_autofree char *details = vane_cli_details(node->event);

    g_string_append_printf(out, "%s%s%s%s%s  (%s)\n", topic, *name ? " " : "", name,
                           *details ? "  " : "", details, node->id);
}

static void append_branch(GString *out, const GArray *nodes, guint index, int64_t begin,
                          GString *indent, bool last, unsigned depth)
{
    const struct node *node = node_at(nodes, index);
    gsize before = indent->len;

    g_string_append_printf(out, "%s%s ", indent->str, last ? "└─" : "├─");
    append_offset(out, node->monotonic_ns - begin);
    g_string_append(out, "  ");
    append_event(out, node);
    if (depth < DEPTH_MAX)
        g_string_append(indent, last ? "   " : "│  ");
    for (guint i = 0; i < node->effects->len; i++)
        append_branch(out, nodes, g_array_index(node->effects, guint, i), begin, indent,
                      i + 1 == node->effects->len, depth + 1);
    g_string_truncate(indent, before);
}

void vane_cli_tree(GString *out, struct vane_json_view story)
{
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(struct node));
    g_autoptr(GArray) roots = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GString) indent = g_string_new(NULL);

    g_array_set_clear_func(nodes, node_clear);
    read_story(nodes, roots, story);
    for (guint i = 0; i < roots->len; i++) {
        const struct node *root = node_at(nodes, g_array_index(roots, guint, i));
        g_autofree char *time = vane_cli_time(root->event);

        g_string_append_printf(out, "%s  ", time);
        append_event(out, root);
        for (guint j = 0; j < root->effects->len; j++)
            append_branch(out, nodes, g_array_index(root->effects, guint, j), root->monotonic_ns,
                          indent, j + 1 == root->effects->len, 1);
    }
}
