/*
 * Which name is meant. "a.b.c" may be one dotted name, a dotted name with members, or a name with
 * members: the longest that is declared wins, and within a container the innermost.
 */
#include <string.h>

#include "lib/cel/eval.h"
#include "lib/cel/kind.h"
#include "lib/cel/program.h"
#include "lib/text/nearest.h"

#define NAMES_TOLD 40

guint vane_cel_use_at(const struct vane_cel_program *program, size_t slot)
{
    guint low = 0, high = program->uses->len;

    while (low < high) {
        guint middle = (low + high) / 2;

        if (g_array_index(program->uses, struct vane_cel_use, middle).slot < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Notes that a slot is read. Returns its name, which lives as long as the program. */
static const char *use(struct vane_cel_program *program, uint32_t slot, const char *name)
{
    guint at = vane_cel_use_at(program, slot);
    struct vane_cel_use made = {.slot = slot};

    if (at == program->uses->len ||
        g_array_index(program->uses, struct vane_cel_use, at).slot != slot) {
        made.name = g_strdup(name);
        g_array_insert_val(program->uses, at, made);
    }
    return g_array_index(program->uses, struct vane_cel_use, at).name;
}

/* One by one: a table would have to be made for every expression, of which most have few names. */
static bool find_slot(const struct vane_cel_resolver *resolver, const char *name, uint32_t *slot)
{
    const struct vane_cel_environment *environment = resolver->environment;
    gpointer met;

    for (size_t i = 0; i < environment->n_names; i++)
        if (strcmp(environment->names[i].name, name) == 0) {
            *slot = (uint32_t)i;
            return true;
        }
    if (!g_hash_table_lookup_extended(resolver->met, name, NULL, &met))
        return false;
    *slot = GPOINTER_TO_UINT(met);
    return true;
}

/* "int" is a type unless something of that name is declared. */
static bool take_name(struct vane_cel_resolver *resolver, const char *name,
                      struct vane_cel_node *node)
{
    const struct vane_cel_environment *environment = resolver->environment;
    struct vane_cel_value type;
    uint32_t slot;

    if (find_slot(resolver, name, &slot)) {
        node->op = VANE_CEL_OP_NAME;
        node->slot = slot;
        node->kind =
            slot < environment->n_names ? (uint8_t)environment->names[slot].kind : VANE_CEL_DYN;
        node->text = use(resolver->program, slot, name);
    } else if (vane_cel_type_named(name, &type)) {
        node->op = VANE_CEL_OP_LITERAL;
        node->literal = type;
        node->kind = VANE_CEL_TYPE;
    } else {
        return false;
    }
    node->n = 0;
    return true;
}

/* In the container, in those around it, and by itself. */
static bool take_contained(struct vane_cel_resolver *resolver, const char *name, bool absolute,
                           struct vane_cel_node *node)
{
    g_autofree char *container = g_strdup(absolute ? NULL : resolver->environment->container);

    while (container && *container) {
        g_autofree char *full = g_strconcat(container, ".", name, NULL);
        char *dot = strrchr(container, '.');

        if (take_name(resolver, full, node))
            return true;
        *(dot ? dot : container) = '\0';
    }
    return take_name(resolver, name, node);
}

/* Names and the members behind them, from the name outwards; NULL if it does not begin so. */
static GPtrArray *chain_of(struct vane_cel_node *node)
{
    g_autoptr(GPtrArray) chain = g_ptr_array_new();

    for (; node->op == VANE_CEL_OP_SELECT; node = node->children[0])
        g_ptr_array_insert(chain, 0, node);
    if (node->op != VANE_CEL_OP_NAME)
        return NULL;
    g_ptr_array_insert(chain, 0, node);
    return g_steal_pointer(&chain);
}

static char *dotted(const GPtrArray *chain, guint count)
{
    GString *name = g_string_new(NULL);

    for (guint i = 0; i < count; i++) {
        const struct vane_cel_node *node = g_ptr_array_index(chain, i);

        g_string_append_printf(name, "%s%s", i ? "." : "", node->text);
    }
    return g_string_free(name, FALSE);
}

static bool take_local(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    for (unsigned i = resolver->n_locals; i > 0 && !node->absolute; i--) {
        if (strcmp(resolver->locals[i - 1].name, node->text) != 0)
            continue;
        node->op = VANE_CEL_OP_LOCAL;
        node->local = resolver->locals[i - 1].index;
        return true;
    }
    return false;
}

bool vane_cel_name_known(const struct vane_cel_resolver *resolver, const struct vane_cel_node *name)
{
    uint32_t slot;

    for (unsigned i = 0; i < resolver->n_locals; i++)
        if (strcmp(resolver->locals[i].name, name->text) == 0)
            return true;
    return find_slot(resolver, name->text, &slot);
}

/* "facts.typo", where there is "facts.x": the dotted name is what is not known. */
static bool has_members(const struct vane_cel_environment *environment, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < environment->n_names; i++)
        if (strncmp(environment->names[i].name, name, len) == 0 &&
            environment->names[i].name[len] == '.')
            return true;
    return false;
}

static bool unknown(struct vane_cel_resolver *resolver, const GPtrArray *chain)
{
    const struct vane_cel_node *node = g_ptr_array_index(chain, 0);
    const struct vane_cel_environment *environment = resolver->environment;
    g_autofree const char **names = g_new(const char *, environment->n_names + 1);
    g_autoptr(GString) known = g_string_new(NULL);
    g_autofree char *name =
        dotted(chain, chain->len > 1 && has_members(environment, node->text) ? 2 : 1);
    const char *nearest;

    for (size_t i = 0; i < environment->n_names; i++) {
        names[i] = environment->names[i].name;
        if (i < NAMES_TOLD)
            g_string_append_printf(known, "%s%s", i ? ", " : "", names[i]);
    }
    if (environment->n_names > NAMES_TOLD)
        g_string_append_printf(known, " and %zu more", environment->n_names - NAMES_TOLD);
    nearest = vane_text_nearest(name, names, environment->n_names);
    return vane_cel_complain(resolver, node, "unknown name \"%s\"%s%s%s (%s%s)", name,
                             nearest ? ": did you mean \"" : "", nearest ? nearest : "",
                             nearest ? "\"?" : "", known->len ? "known: " : "no names are known",
                             known->str);
}

/* A slot of its own for a name that nobody declared. */
static void add_name(struct vane_cel_resolver *resolver, const char *name)
{
    uint32_t slot = (uint32_t)resolver->program->slots++;

    g_hash_table_insert(resolver->met, (gpointer)use(resolver->program, slot, name),
                        GUINT_TO_POINTER(slot));
}

/* How many of the chain the name takes; 0 for a complaint. */
static guint take_longest(struct vane_cel_resolver *resolver, const GPtrArray *chain)
{
    struct vane_cel_node *first = g_ptr_array_index(chain, 0);
    guint plain = 1;

    if (take_local(resolver, first))
        return 1;
    while (plain < chain->len &&
           !((const struct vane_cel_node *)g_ptr_array_index(chain, plain))->maybe)
        plain++;
    for (guint count = plain; count > 0; count--) {
        g_autofree char *name = dotted(chain, count);

        if (take_contained(resolver, name, first->absolute, g_ptr_array_index(chain, count - 1)))
            return count;
    }
    if (!(resolver->environment->flags & VANE_CEL_UNKNOWN_NAMES))
        return unknown(resolver, chain);
    add_name(resolver, first->text);
    return take_name(resolver, first->text, first);
}

bool vane_cel_resolve_name(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    g_autoptr(GPtrArray) chain = chain_of(node);
    guint count;

    if (!chain)
        return vane_cel_resolve(resolver, node->children[0]);
    count = take_longest(resolver, chain);
    if (count == 0)
        return false;
    for (guint i = count - 1; i + 1 < chain->len; i++) {
        struct vane_cel_node *part = g_ptr_array_index(chain, i);

        if (!vane_cel_check(resolver, part))
            return false;
        vane_cel_choose(part);
    }
    return true;
}

/* has(NAME) of what may be absent. */
static bool has_name(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    const struct vane_cel_environment *environment = resolver->environment;
    const struct vane_cel_node *name = node->children[0];

    if (name->op != VANE_CEL_OP_NAME)
        return vane_cel_complain(resolver, name, "has() wants a member, as has(a.b)");
    if (name->slot < environment->n_names && !environment->names[name->slot].optional)
        return vane_cel_complain(resolver, name,
                                 "%s is always there: has() wants a member, or a "
                                 "name that may be absent",
                                 name->text);
    node->slot = name->slot;
    node->text = name->text;
    node->n = 0;
    return true;
}

bool vane_cel_resolve_has(struct vane_cel_resolver *resolver, struct vane_cel_node *node)
{
    struct vane_cel_node *member = node->children[0];

    node->op = VANE_CEL_OP_HAS;
    if (member->op != VANE_CEL_OP_SELECT && member->op != VANE_CEL_OP_NAME)
        return vane_cel_complain(resolver, member, "has() wants a member, as has(a.b)");
    if (!vane_cel_resolve(resolver, member))
        return false;
    if (member->op != VANE_CEL_OP_SELECT)
        return has_name(resolver, node);
    node->children = member->children;
    node->literal = member->literal;
    node->text = member->text;
    return true;
}
