/* Literals, names, lists, maps, and what follows them: members, indexes, calls. See parser.h. */
#include "lib/cel/literal.h"
#include "lib/cel/parser-internal.h"

#include <string.h>

static struct vane_cel_node *parse_literal(struct vane_cel_parser *parser)
{
    size_t offset = parser->token.offset;
    bool negative = vane_cel_parser_accept(parser, VANE_CEL_T_MINUS);
    struct vane_cel_token token = parser->token;
    struct vane_cel_value value;
    struct vane_cel_node *node;
    const char *why;

    switch (token.kind) {
    case VANE_CEL_T_TRUE:
    case VANE_CEL_T_FALSE:
        value = vane_cel_bool(token.kind == VANE_CEL_T_TRUE);
        break;
    case VANE_CEL_T_NULL:
        value = vane_cel_null();
        break;
    default:
        why = vane_cel_literal(parser->text, &token, negative, parser->arena, &value);
        if (why)
            return vane_cel_parser_fail(parser, offset, "%s", why);
    }
    vane_cel_parser_advance(parser);
    node = vane_cel_parser_node(parser, VANE_CEL_OP_LITERAL, offset, NULL, 0);
    if (node) {
        node->literal = value;
        node->kind = (uint8_t)value.kind;
    }
    return node;
}

static bool reserved(const char *name)
{
    static const char *const words[] = {
        "as",  "break", "const",   "continue",  "else",   "for", "function", "if",    "import",
        "let", "loop",  "package", "namespace", "return", "var", "void",     "while", NULL};

    return g_strv_contains(words, name);
}

/* Up to `closing`, which is passed; `first` children stand already in the array. */
static bool parse_list(struct vane_cel_parser *parser, enum vane_cel_token_kind closing,
                       const char *what, GPtrArray *children, GByteArray *optional)
{
    while (!vane_cel_parser_accept(parser, closing)) {
        uint8_t maybe = optional && vane_cel_parser_accept(parser, VANE_CEL_T_QUESTION);
        struct vane_cel_node *node = vane_cel_parse_expression(parser);

        if (!node)
            return false;
        g_ptr_array_add(children, node);
        if (optional)
            g_byte_array_append(optional, &maybe, 1);
        if (vane_cel_parser_accept(parser, VANE_CEL_T_COMMA)) {
            if (!optional && parser->token.kind == closing)
                return vane_cel_parser_expected(parser, "an expression");
            continue;
        }
        return vane_cel_parser_expect(parser, closing, what);
    }
    return true;
}

static bool parse_entries(struct vane_cel_parser *parser, GPtrArray *children, GByteArray *optional)
{
    while (!vane_cel_parser_accept(parser, VANE_CEL_T_CLOSE_MAP)) {
        uint8_t maybe = vane_cel_parser_accept(parser, VANE_CEL_T_QUESTION);
        struct vane_cel_node *key = vane_cel_parse_expression(parser), *value;

        if (!key || !vane_cel_parser_expect(parser, VANE_CEL_T_COLON, "\":\" behind the key"))
            return false;
        value = vane_cel_parse_expression(parser);
        if (!value)
            return false;
        g_ptr_array_add(children, key);
        g_ptr_array_add(children, value);
        g_byte_array_append(optional, (uint8_t[]){0, maybe}, 2);
        if (!vane_cel_parser_accept(parser, VANE_CEL_T_COMMA))
            return vane_cel_parser_expect(parser, VANE_CEL_T_CLOSE_MAP, "\",\" or \"}\"");
    }
    return true;
}

static struct vane_cel_node *parse_container(struct vane_cel_parser *parser)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    g_autoptr(GByteArray) optional = g_byte_array_new();
    size_t offset = parser->token.offset;
    bool list = parser->token.kind == VANE_CEL_T_OPEN_LIST;
    struct vane_cel_node *node;
    uint8_t *marks;

    vane_cel_parser_advance(parser);
    if (!(list ? parse_list(parser, VANE_CEL_T_CLOSE_LIST, "\",\" or \"]\"", children, optional)
               : parse_entries(parser, children, optional)))
        return NULL;
    node = vane_cel_parser_node(parser, list ? VANE_CEL_OP_LIST : VANE_CEL_OP_MAP, offset,
                                (struct vane_cel_node **)children->pdata, children->len);
    if (!node || !optional->len || !memchr(optional->data, 1, optional->len))
        return node;
    marks = vane_cel_arena_alloc(parser->arena, optional->len);
    if (!marks)
        return vane_cel_parser_fail(parser, offset, "the expression is too large");
    memcpy(marks, optional->data, optional->len);
    node->optional = marks;
    return node;
}

/* The arguments of a call, behind its "("; `target` may be NULL. */
static struct vane_cel_node *parse_call(struct vane_cel_parser *parser, size_t offset,
                                        struct vane_cel_node *target,
                                        const struct vane_cel_token *name)
{
    g_autoptr(GPtrArray) children = g_ptr_array_new();
    struct vane_cel_node *node;

    if (target)
        g_ptr_array_add(children, target);
    if (!parse_list(parser, VANE_CEL_T_CLOSE, "\",\" or \")\"", children, NULL))
        return NULL;
    node = vane_cel_parser_node(parser, VANE_CEL_OP_CALL, offset,
                                (struct vane_cel_node **)children->pdata, children->len);
    if (!node)
        return NULL;
    node->method = target != NULL;
    node->text = vane_cel_parser_text(parser, name, &node->text_len);
    return node->text ? node : NULL;
}

static struct vane_cel_node *parse_name(struct vane_cel_parser *parser)
{
    size_t offset = parser->token.offset;
    bool absolute = vane_cel_parser_accept(parser, VANE_CEL_T_DOT);
    struct vane_cel_token name = parser->token;
    struct vane_cel_node *node;

    if (!vane_cel_parser_expect(parser, VANE_CEL_T_NAME, "a name"))
        return NULL;
    if (vane_cel_parser_accept(parser, VANE_CEL_T_OPEN))
        return parse_call(parser, offset, NULL, &name);
    node = vane_cel_parser_node(parser, VANE_CEL_OP_NAME, offset, NULL, 0);
    if (!node)
        return NULL;
    node->text = vane_cel_parser_text(parser, &name, &node->text_len);
    node->absolute = absolute;
    if (node->text && reserved(node->text))
        return vane_cel_parser_fail(parser, offset, "\"%s\" is a reserved word", node->text);
    return node->text ? node : NULL;
}

static struct vane_cel_node *parse_primary(struct vane_cel_parser *parser)
{
    struct vane_cel_node *node;

    switch (parser->token.kind) {
    case VANE_CEL_T_MINUS:
    case VANE_CEL_T_INT:
    case VANE_CEL_T_UINT:
    case VANE_CEL_T_DOUBLE:
    case VANE_CEL_T_STRING:
    case VANE_CEL_T_BYTES:
    case VANE_CEL_T_TRUE:
    case VANE_CEL_T_FALSE:
    case VANE_CEL_T_NULL:
        return parse_literal(parser);
    case VANE_CEL_T_OPEN_LIST:
    case VANE_CEL_T_OPEN_MAP:
        return parse_container(parser);
    case VANE_CEL_T_NAME:
    case VANE_CEL_T_DOT:
        return parse_name(parser);
    case VANE_CEL_T_OPEN:
        vane_cel_parser_advance(parser);
        node = vane_cel_parse_expression(parser);
        return node && vane_cel_parser_expect(parser, VANE_CEL_T_CLOSE, "\")\"") ? node : NULL;
    default:
        return vane_cel_parser_expected(parser, "an expression");
    }
}

static struct vane_cel_node *parse_select(struct vane_cel_parser *parser, size_t offset,
                                          struct vane_cel_node *target)
{
    bool maybe = vane_cel_parser_accept(parser, VANE_CEL_T_QUESTION);
    struct vane_cel_token name = parser->token;
    struct vane_cel_node *node;

    if (name.kind != VANE_CEL_T_NAME && name.kind != VANE_CEL_T_QUOTED_NAME)
        return vane_cel_parser_expected(parser, "the name of a member");
    vane_cel_parser_advance(parser);
    if (!maybe && name.kind == VANE_CEL_T_NAME && vane_cel_parser_accept(parser, VANE_CEL_T_OPEN))
        return parse_call(parser, offset, target, &name);
    node = vane_cel_parser_node(parser, VANE_CEL_OP_SELECT, offset, &target, 1);
    if (!node)
        return NULL;
    node->maybe = maybe;
    node->text = vane_cel_parser_text(parser, &name, &node->text_len);
    node->literal = vane_cel_string(node->text, node->text_len);
    return node->text ? node : NULL;
}

static struct vane_cel_node *parse_index(struct vane_cel_parser *parser, size_t offset,
                                         struct vane_cel_node *target)
{
    bool maybe = vane_cel_parser_accept(parser, VANE_CEL_T_QUESTION);
    struct vane_cel_node *parts[2] = {target, vane_cel_parse_expression(parser)};
    struct vane_cel_node *node;

    if (!parts[1] || !vane_cel_parser_expect(parser, VANE_CEL_T_CLOSE_LIST, "\"]\""))
        return NULL;
    node = vane_cel_parser_node(parser, VANE_CEL_OP_INDEX, offset, parts, 2);
    if (node)
        node->maybe = maybe;
    return node;
}

struct vane_cel_node *vane_cel_parse_member(struct vane_cel_parser *parser)
{
    size_t offset = parser->token.offset;
    struct vane_cel_node *node = parse_primary(parser);

    while (node) {
        if (vane_cel_parser_accept(parser, VANE_CEL_T_DOT))
            node = parse_select(parser, offset, node);
        else if (vane_cel_parser_accept(parser, VANE_CEL_T_OPEN_LIST))
            node = parse_index(parser, offset, node);
        else if (parser->token.kind == VANE_CEL_T_OPEN_MAP)
            return vane_cel_parser_fail(parser, parser->token.offset,
                                        "messages are not supported; use a map");
        else
            break;
    }
    return node;
}
