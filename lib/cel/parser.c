/* Operators by their precedence, and what the parser is built on. See parser.h. */
#include "lib/cel/parser-internal.h"

#include <stdarg.h>
#include <string.h>

#define TOO_DEEP "more than %d parts within each other"

void *vane_cel_parser_fail(struct vane_cel_parser *parser, size_t offset, const char *format, ...)
{
    va_list arguments;

    if (parser->complaint->message)
        return NULL;
    va_start(arguments, format);
    parser->complaint->message = g_strdup_vprintf(format, arguments);
    parser->complaint->offset = offset;
    va_end(arguments);
    return NULL;
}

void *vane_cel_parser_expected(struct vane_cel_parser *parser, const char *what)
{
    const struct vane_cel_token *token = &parser->token;

    if (token->kind == VANE_CEL_T_BROKEN)
        return vane_cel_parser_fail(parser, token->offset, "%s", token->reason);
    if (token->kind == VANE_CEL_T_END)
        return vane_cel_parser_fail(parser, token->offset, "expected %s, found the end", what);
    return vane_cel_parser_fail(parser, token->offset, "expected %s, found \"%.*s\"", what,
                                (int)MIN(token->length, 40), parser->text + token->offset);
}

void vane_cel_parser_advance(struct vane_cel_parser *parser)
{
    parser->end = parser->token.offset + parser->token.length;
    parser->token = vane_cel_lex(parser->text, parser->len, parser->end);
}

bool vane_cel_parser_accept(struct vane_cel_parser *parser, enum vane_cel_token_kind kind)
{
    if (parser->token.kind != kind)
        return false;
    vane_cel_parser_advance(parser);
    return true;
}

bool vane_cel_parser_expect(struct vane_cel_parser *parser, enum vane_cel_token_kind kind,
                            const char *what)
{
    if (!vane_cel_parser_accept(parser, kind))
        vane_cel_parser_expected(parser, what);
    return !parser->complaint->message;
}

const char *vane_cel_parser_text(struct vane_cel_parser *parser, const struct vane_cel_token *token,
                                 uint32_t *len)
{
    bool quoted = token->kind == VANE_CEL_T_QUOTED_NAME;
    char *text;

    *len = token->length - 2 * quoted;
    text = vane_cel_arena_alloc(parser->arena, *len + 1);
    if (!text)
        return vane_cel_parser_fail(parser, token->offset, "the expression is too large");
    memcpy(text, parser->text + token->offset + quoted, *len);
    text[*len] = '\0';
    return text;
}

static void measure(struct vane_cel_node *node)
{
    node->weight = 1;
    for (uint32_t i = 0; i < node->n; i++) {
        node->weight += node->children[i]->weight;
        node->depth = MAX(node->depth, node->children[i]->depth);
    }
    node->depth++;
}

struct vane_cel_node *vane_cel_parser_node(struct vane_cel_parser *parser, enum vane_cel_op op,
                                           size_t offset, struct vane_cel_node *const *children,
                                           size_t n)
{
    struct vane_cel_node *node = vane_cel_arena_alloc(parser->arena, sizeof(*node));
    struct vane_cel_node **copy =
        vane_cel_arena_alloc(parser->arena, n * sizeof(struct vane_cel_node *));

    if (!node || !copy)
        return vane_cel_parser_fail(parser, offset, "the expression is too large");
    for (size_t i = 0; i < n; i++)
        copy[i] = children[i];
    *node = (struct vane_cel_node){
        .op = op,
        .kind = VANE_CEL_DYN,
        .offset = (uint32_t)offset,
        .length = (uint32_t)(parser->end - offset),
        .children = copy,
        .n = (uint32_t)n,
    };
    measure(node);
    if (node->depth > VANE_CEL_DEPTH_MAX)
        return vane_cel_parser_fail(parser, offset, TOO_DEEP, VANE_CEL_DEPTH_MAX);
    return node;
}

/* "!" or "-", any number of them; the minus of a number belongs to that. */
static struct vane_cel_node *parse_unary(struct vane_cel_parser *parser)
{
    enum vane_cel_token_kind kind = parser->token.kind;
    struct vane_cel_token after;
    struct vane_cel_node *operand;
    size_t first = parser->token.offset, count = 0;

    for (; parser->token.kind == kind && (kind == VANE_CEL_T_NOT || kind == VANE_CEL_T_MINUS);
         count++) {
        after = vane_cel_lex(parser->text, parser->len, parser->token.offset + 1);
        if (kind == VANE_CEL_T_MINUS &&
            (after.kind == VANE_CEL_T_INT || after.kind == VANE_CEL_T_DOUBLE))
            break;
        vane_cel_parser_advance(parser);
    }
    if (count > VANE_CEL_DEPTH_MAX)
        return vane_cel_parser_fail(parser, first, TOO_DEEP, VANE_CEL_DEPTH_MAX);
    operand = vane_cel_parse_member(parser);
    while (operand && count-- > 0)
        operand = vane_cel_parser_node(
            parser, kind == VANE_CEL_T_NOT ? VANE_CEL_OP_NOT : VANE_CEL_OP_NEGATE, first + count,
            &operand, 1);
    return operand;
}

static const struct {
    enum vane_cel_op op;
    unsigned precedence;
} binaries[] = {
    [VANE_CEL_T_EQUAL] = {VANE_CEL_OP_EQUAL, 1},
    [VANE_CEL_T_UNEQUAL] = {VANE_CEL_OP_UNEQUAL, 1},
    [VANE_CEL_T_LESS] = {VANE_CEL_OP_LESS, 1},
    [VANE_CEL_T_LESS_EQUAL] = {VANE_CEL_OP_LESS_EQUAL, 1},
    [VANE_CEL_T_GREATER] = {VANE_CEL_OP_GREATER, 1},
    [VANE_CEL_T_GREATER_EQUAL] = {VANE_CEL_OP_GREATER_EQUAL, 1},
    [VANE_CEL_T_IN] = {VANE_CEL_OP_IN, 1},
    [VANE_CEL_T_PLUS] = {VANE_CEL_OP_ADD, 2},
    [VANE_CEL_T_MINUS] = {VANE_CEL_OP_SUBTRACT, 2},
    [VANE_CEL_T_STAR] = {VANE_CEL_OP_MULTIPLY, 3},
    [VANE_CEL_T_SLASH] = {VANE_CEL_OP_DIVIDE, 3},
    [VANE_CEL_T_PERCENT] = {VANE_CEL_OP_MODULO, 3},
    [VANE_CEL_T_CLOSE_MAP] = {0, 0},
};

/* Operators that bind at least as strongly as `precedence`, from left to right. */
static struct vane_cel_node *parse_binary(struct vane_cel_parser *parser, unsigned precedence)
{
    size_t offset = parser->token.offset;
    struct vane_cel_node *left = parse_unary(parser);

    while (left && binaries[parser->token.kind].precedence >= precedence) {
        enum vane_cel_op op = binaries[parser->token.kind].op;
        unsigned binds = binaries[parser->token.kind].precedence;
        struct vane_cel_node *sides[2] = {left, NULL};

        vane_cel_parser_advance(parser);
        sides[1] = parse_binary(parser, binds + 1);
        left = sides[1] ? vane_cel_parser_node(parser, op, offset, sides, 2) : NULL;
    }
    return left;
}

static struct vane_cel_node *parse_relation(struct vane_cel_parser *parser)
{
    return parse_binary(parser, 1);
}

/* "a && b && c" is one node, however long. */
static struct vane_cel_node *parse_chain(struct vane_cel_parser *parser,
                                         enum vane_cel_token_kind sign, enum vane_cel_op op,
                                         struct vane_cel_node *(*parse)(struct vane_cel_parser *))
{
    size_t offset = parser->token.offset;
    struct vane_cel_node *node = parse(parser);
    g_autoptr(GPtrArray) operands = NULL;

    if (!node || parser->token.kind != sign)
        return node;
    operands = g_ptr_array_new();
    g_ptr_array_add(operands, node);
    while (vane_cel_parser_accept(parser, sign)) {
        node = parse(parser);
        if (!node)
            return NULL;
        g_ptr_array_add(operands, node);
    }
    return vane_cel_parser_node(parser, op, offset, (struct vane_cel_node **)operands->pdata,
                                operands->len);
}

static struct vane_cel_node *parse_and(struct vane_cel_parser *parser)
{
    return parse_chain(parser, VANE_CEL_T_AND, VANE_CEL_OP_AND, parse_relation);
}

static struct vane_cel_node *parse_conditional(struct vane_cel_parser *parser)
{
    size_t offset = parser->token.offset;
    struct vane_cel_node *parts[3];

    parts[0] = parse_chain(parser, VANE_CEL_T_OR, VANE_CEL_OP_OR, parse_and);
    if (!parts[0] || !vane_cel_parser_accept(parser, VANE_CEL_T_QUESTION))
        return parts[0];
    parts[1] = parse_chain(parser, VANE_CEL_T_OR, VANE_CEL_OP_OR, parse_and);
    if (!parts[1] || !vane_cel_parser_expect(parser, VANE_CEL_T_COLON, "\":\""))
        return NULL;
    parts[2] = vane_cel_parse_expression(parser);
    if (!parts[2])
        return NULL;
    return vane_cel_parser_node(parser, VANE_CEL_OP_CONDITIONAL, offset, parts, 3);
}

struct vane_cel_node *vane_cel_parse_expression(struct vane_cel_parser *parser)
{
    struct vane_cel_node *node;

    if (parser->depth == VANE_CEL_DEPTH_MAX)
        return vane_cel_parser_fail(parser, parser->token.offset, TOO_DEEP, VANE_CEL_DEPTH_MAX);
    parser->depth++;
    node = parse_conditional(parser);
    parser->depth--;
    return node;
}

struct vane_cel_node *vane_cel_parse(const char *text, size_t len, struct vane_cel_arena *arena,
                                     struct vane_cel_complaint *complaint)
{
    struct vane_cel_parser parser = {
        .text = text, .len = len, .arena = arena, .complaint = complaint};
    struct vane_cel_node *node;

    vane_cel_parser_advance(&parser);
    node = vane_cel_parse_expression(&parser);
    if (node && parser.token.kind != VANE_CEL_T_END)
        return vane_cel_parser_expected(&parser, "an operator or the end");
    return node;
}
