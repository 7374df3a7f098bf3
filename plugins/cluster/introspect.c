/* Introspection data. See introspect.h. */
#include "plugins/cluster/introspect.h"

#include <stdbool.h>
#include <string.h>

#include "lib/nats/names.h"
#include "lib/nats/signature.h"

#define STANDARD "org.freedesktop.DBus."

struct vane_description {
    grefcount references;
    GStringChunk *texts;
    GArray *members; /* struct vane_member */
};

struct parser {
    struct vane_description *description;
    const char *interface; /* NULL: not in one */
    unsigned nodes;        /* open ones: children of the root are not described here */
    bool in_method;
    GString *signature;
    GPtrArray *arguments;
    const char *problem;
};

static const char *attribute(const char **names, const char **values, const char *name)
{
    for (size_t i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return values[i];
    return NULL;
}

static const char *keep(struct parser *parser, const char *text)
{
    return g_string_chunk_insert_const(parser->description->texts, text);
}

static void add(struct parser *parser, const struct vane_member *member)
{
    if (parser->description->members->len >= VANE_INTROSPECT_MEMBERS_MAX)
        parser->problem = "has too many members";
    else
        g_array_append_val(parser->description->members, *member);
}

static void begin_method(struct parser *parser, const char *name)
{
    struct vane_member method = {.kind = VANE_MEMBER_METHOD, .interface = parser->interface};

    if (!name || !vane_dbus_is_member(name))
        return;
    method.name = keep(parser, name);
    method.signature = "";
    add(parser, &method);
    parser->in_method = !parser->problem;
    g_string_truncate(parser->signature, 0);
    g_ptr_array_set_size(parser->arguments, 0);
}

static void add_argument(struct parser *parser, const char **names, const char **values)
{
    const char *direction = attribute(names, values, "direction");
    const char *type = attribute(names, values, "type");
    const char *name = attribute(names, values, "name");

    if (!parser->in_method || (direction && strcmp(direction, "in") != 0))
        return;
    if (!type || !vane_signature_single(type) ||
        parser->signature->len + strlen(type) > VANE_SIGNATURE_MAX) {
        parser->problem = "has an argument whose type is none of D-Bus";
        return;
    }
    g_string_append(parser->signature, type);
    g_ptr_array_add(parser->arguments, g_strdup(name && vane_dbus_is_member(name) ? name : ""));
}

static void end_method(struct parser *parser)
{
    GArray *members = parser->description->members;
    struct vane_member *method;

    if (!parser->in_method)
        return;
    parser->in_method = false;
    method = &g_array_index(members, struct vane_member, members->len - 1);
    method->signature = keep(parser, parser->signature->str);
    g_ptr_array_add(parser->arguments, NULL);
    method->arguments = (char **)g_ptr_array_free(parser->arguments, FALSE);
    parser->arguments = g_ptr_array_new_with_free_func(g_free);
}

static void add_property(struct parser *parser, const char *name, const char *type)
{
    struct vane_member property = {.kind = VANE_MEMBER_PROPERTY, .interface = parser->interface};

    if (!name || !vane_dbus_is_member(name) || !type || !vane_signature_single(type))
        return;
    property.name = keep(parser, name);
    property.signature = keep(parser, type);
    add(parser, &property);
}

static void on_start(GMarkupParseContext *context, const char *element, const char **names,
                     const char **values, gpointer user, GError **error)
{
    struct parser *parser = user;
    const char *name = attribute(names, values, "name");

    if (strcmp(element, "node") == 0)
        parser->nodes++;
    if (parser->nodes != 1 || parser->problem)
        return;
    if (strcmp(element, "interface") == 0)
        parser->interface = name && vane_dbus_is_interface(name) ? keep(parser, name) : NULL;
    else if (!parser->interface)
        return;
    else if (strcmp(element, "method") == 0 && !parser->in_method)
        begin_method(parser, name);
    else if (strcmp(element, "arg") == 0)
        add_argument(parser, names, values);
    else if (strcmp(element, "property") == 0)
        add_property(parser, name, attribute(names, values, "type"));
}

static void on_end(GMarkupParseContext *context, const char *element, gpointer user, GError **error)
{
    struct parser *parser = user;

    if (parser->nodes == 1 && strcmp(element, "method") == 0)
        end_method(parser);
    else if (parser->nodes == 1 && strcmp(element, "interface") == 0)
        parser->interface = NULL;
    else if (strcmp(element, "node") == 0)
        parser->nodes--;
}

static bool parse(struct parser *parser, const char *xml, size_t length)
{
    static const GMarkupParser callbacks = {.start_element = on_start, .end_element = on_end};
    GMarkupParseContext *context = g_markup_parse_context_new(&callbacks, 0, parser, NULL);
    bool good = g_markup_parse_context_parse(context, xml, (gssize)length, NULL) &&
                g_markup_parse_context_end_parse(context, NULL);

    g_markup_parse_context_free(context);
    if (!good && !parser->problem)
        parser->problem = "is not well-formed XML";
    return !parser->problem;
}

struct vane_description *vane_description_parse(const char *xml, size_t length,
                                                const char **problem)
{
    struct parser parser = {.description = g_new0(struct vane_description, 1)};
    bool good;

    if (length > VANE_INTROSPECT_SIZE_MAX)
        parser.problem = "is too long";
    g_ref_count_init(&parser.description->references);
    parser.description->texts = g_string_chunk_new(512);
    parser.description->members = g_array_new(FALSE, FALSE, sizeof(struct vane_member));
    parser.signature = g_string_new(NULL);
    parser.arguments = g_ptr_array_new_with_free_func(g_free);
    good = !parser.problem && parse(&parser, xml, length);
    g_string_free(parser.signature, TRUE);
    g_ptr_array_unref(parser.arguments);
    if (good)
        return parser.description;
    *problem = parser.problem;
    vane_description_unref(parser.description);
    return NULL;
}

struct vane_description *vane_description_ref(struct vane_description *description)
{
    g_ref_count_inc(&description->references);
    return description;
}

void vane_description_unref(struct vane_description *description)
{
    if (!description || !g_ref_count_dec(&description->references))
        return;
    for (guint i = 0; i < description->members->len; i++)
        g_strfreev(g_array_index(description->members, struct vane_member, i).arguments);
    g_array_unref(description->members);
    g_string_chunk_free(description->texts);
    g_free(description);
}

/* The interfaces that every object has give way to the object's own. */
static bool is_standard(const struct vane_member *member)
{
    return g_str_has_prefix(member->interface, STANDARD);
}

const struct vane_member *vane_description_find(const struct vane_description *description,
                                                enum vane_member_kind kind, const char *interface,
                                                const char *name, const struct vane_member **other)
{
    const struct vane_member *found = NULL;

    *other = NULL;
    for (guint i = 0; i < description->members->len; i++) {
        const struct vane_member *member =
            &g_array_index(description->members, struct vane_member, i);

        if (member->kind != kind || strcmp(member->name, name) != 0 ||
            (interface && strcmp(member->interface, interface) != 0))
            continue;
        if (!found || (is_standard(found) && !is_standard(member)))
            found = member;
        else if (is_standard(found) == is_standard(member))
            *other = member;
    }
    if (*other && is_standard(*other) != is_standard(found))
        *other = NULL;
    return *other && !interface ? NULL : found;
}
