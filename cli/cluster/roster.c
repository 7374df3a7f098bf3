/* Which machines there are, and which are meant. See roster.h. */
#include "cli/cluster/roster.h"

#include <errno.h>
#include <string.h>

#include "cli/value.h"
#include "lib/keys/nkey.h"

#define FORGOTTEN_SECONDS 86400
#define NEW_MS            1500 /* whom a machine asks who there is answers within a second */
#define NAMED_MOST        24   /* names and tags in an error */

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

static struct vane_machine *make(GPtrArray *roster, const char *nkey)
{
    struct vane_machine *machine = (struct vane_machine *)find(roster, nkey);

    if (machine) {
        g_free(machine->name);
        g_strfreev(machine->tags);
        return machine;
    }
    machine = g_new0(struct vane_machine, 1);
    machine->nkey = g_strdup(nkey);
    g_ptr_array_add(roster, machine);
    return machine;
}

const char *vane_roster_add_pong(GPtrArray *roster, struct vane_json_view pong)
{
    g_autofree char *nkey = vane_cli_text(vane_cli_member(pong, "id"));
    g_autofree char *tags = vane_cli_text(vane_cli_member(pong, "metadata.tags"));
    struct vane_machine *machine;

    if (!vane_nkey_valid(nkey) || find(roster, nkey))
        return NULL;
    machine = make(roster, nkey);
    machine->name = vane_cli_text(vane_cli_member(pong, "metadata.node"));
    machine->tags = g_strsplit(tags, ",", -1);
    return machine->nkey;
}

static enum vane_machine_state read_state(struct vane_json_view row)
{
    struct vane_json_view state = vane_cli_member(row, "state");

    if (vane_json_equals(state, "left"))
        return VANE_MACHINE_LEFT;
    return vane_json_equals(state, "silent") ? VANE_MACHINE_SILENT : VANE_MACHINE_HERE;
}

static bool is_long_ago(struct vane_json_view row, int64_t now_seconds)
{
    g_autofree char *text = vane_cli_text(vane_cli_member(row, "since"));
    g_autoptr(GDateTime) since = g_date_time_new_from_iso8601(text, NULL);

    return since && now_seconds - g_date_time_to_unix(since) > FORGOTTEN_SECONDS;
}

static char **read_tags(struct vane_json_view list)
{
    GPtrArray *tags = vane_cli_lines(list);

    g_ptr_array_add(tags, NULL);
    return (char **)g_ptr_array_free(tags, FALSE);
}

const struct vane_machine *vane_roster_add_row(GPtrArray *roster, struct vane_json_view row,
                                               int64_t now_seconds)
{
    g_autofree char *nkey = vane_cli_text(vane_cli_member(row, "nkey"));
    enum vane_machine_state state = read_state(row);
    struct vane_machine *machine;

    if (!vane_nkey_valid(nkey) || (state == VANE_MACHINE_LEFT && is_long_ago(row, now_seconds)))
        return NULL;
    machine = make(roster, nkey);
    machine->name = vane_cli_text(vane_cli_member(row, "name"));
    machine->tags = read_tags(vane_cli_member(row, "tags"));
    machine->state = MAX(machine->state, state); /* one that misses it is enough not to wait */
    return machine;
}

bool vane_roster_row_is_new(struct vane_json_view row, const char *teller)
{
    struct vane_json_view listening = vane_cli_member(row, "listening_ms");
    uint64_t milliseconds;

    return vane_json_equals(vane_cli_member(row, "nkey"), teller) &&
           vane_json_get_uint64(listening, &milliseconds) == 0 && milliseconds < NEW_MS;
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

bool vane_roster_knows(const GPtrArray *roster, const char *node)
{
    for (guint i = 0; i < roster->len; i++)
        if (is_meant(at(roster, i), node))
            return true;
    return false;
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

static void add_word(GPtrArray *words, const char *word)
{
    if (*word && words->len < NAMED_MOST &&
        !g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
        g_ptr_array_add(words, (gpointer)word);
}

static gint compare_words(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What there is to choose from; what machines call themselves is shown without control characters.
 */
static char *list_known(const GPtrArray *roster)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    char *text;

    for (guint i = 0; i < roster->len; i++)
        add_word(words, at(roster, i)->name);
    g_ptr_array_sort(words, compare_words);
    for (guint i = 0; i < roster->len; i++)
        for (char **tag = at(roster, i)->tags; *tag; tag++)
            add_word(words, *tag);
    if (words->len == NAMED_MOST)
        g_ptr_array_add(words, (gpointer) "...");
    g_ptr_array_add(words, NULL);
    text = g_strjoinv(", ", (char **)words->pdata);
    for (char *c = text; *c; c++)
        *c = g_ascii_iscntrl(*c) ? '?' : *c;
    return text;
}

/* An NKey that is mistyped is none: two of its bytes are a checksum. */
static char *explain_unknown(const GPtrArray *roster, const char *node)
{
    g_autofree char *known = list_known(roster);
    bool is_like_key = strlen(node) == VANE_NKEY_LENGTH && *node == 'U';

    if (is_like_key)
        return g_strdup_printf("\"%s\" is no NKey: it is mistyped, as its checksum is wrong", node);
    if (!*known)
        return g_strdup_printf("nobody knows a machine with the name, NKey or tag \"%s\"", node);
    return g_strdup_printf("nobody knows a machine with the name, NKey or tag \"%s\"; there are %s",
                           node, known);
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
        *why = explain_unknown(roster, node);
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

enum vane_machine_state vane_targets_state(const struct vane_targets *targets, const char *nkey)
{
    const struct vane_machine *machine = find(targets->roster, nkey);

    return machine ? machine->state : VANE_MACHINE_HERE;
}

char *vane_targets_title(const struct vane_targets *targets, const char *nkey)
{
    const char *name = vane_targets_name(targets, nkey);

    return name ? g_strdup_printf("%s (%s)", name, nkey) : g_strdup(nkey);
}
