/*
 * From the text of an expression to instructions, in one pass. See regex.h.
 */
#include "lib/regex/parse-internal.h"

#define CODE_ROOM 16 /* instructions; also, an array without room has no address to count from */

static bool emit_character(struct regex_parser *parser, uint32_t character)
{
    struct regex_class class;

    if (!(parser->flags & REGEX_FOLD) || (character < 128 && !g_ascii_isalpha((char)character)))
        return regex_emit(parser, REGEX_CHARACTER, (int32_t)character);
    class = regex_class_new(parser);
    regex_class_add(&class, character, character);
    return regex_emit_class(parser, &class);
}

static bool parse_escape(struct regex_parser *parser)
{
    struct regex_class class = regex_class_new(parser);
    uint32_t character;

    if (regex_take_class_escape(parser, &class))
        return regex_emit_class(parser, &class);
    regex_class_clear(&class);
    if (parser->failed)
        return false;
    parser->at++;
    if (regex_accept(parser, "A"))
        return regex_emit(parser, REGEX_ASSERT, REGEX_TEXT_BEGIN);
    if (regex_accept(parser, "z"))
        return regex_emit(parser, REGEX_ASSERT, REGEX_TEXT_END);
    if (regex_accept(parser, "b"))
        return regex_emit(parser, REGEX_ASSERT, REGEX_WORD_BOUNDARY);
    if (regex_accept(parser, "B"))
        return regex_emit(parser, REGEX_ASSERT, REGEX_NO_WORD_BOUNDARY);
    return regex_take_escaped(parser, &character) && emit_character(parser, character);
}

static bool parse_dot(struct regex_parser *parser)
{
    struct regex_class class = regex_class_new(parser);

    if (!(parser->flags & REGEX_DOT_ALL))
        regex_class_add(&class, '\n', '\n');
    class.negated = true;
    class.fold = false;
    return regex_emit_class(parser, &class);
}

static bool parse_alternatives(struct regex_parser *parser);

static bool parse_group_body(struct regex_parser *parser, const char *open, unsigned flags)
{
    unsigned outside = parser->flags;
    bool parsed;

    if (parser->depth == VANE_REGEX_DEPTH_MAX)
        return regex_fail(parser, open, "too many groups within each other");
    parser->depth++;
    parser->flags = flags;
    parsed = parse_alternatives(parser);
    parser->flags = outside;
    parser->depth--;
    if (parsed && !regex_accept(parser, ")"))
        return regex_fail(parser, open, "( is not closed");
    return parsed;
}

static bool take_group_name(struct regex_parser *parser)
{
    const char *first = parser->at;

    while (regex_more(parser) && (g_ascii_isalnum(*parser->at) || *parser->at == '_'))
        parser->at++;
    if (parser->at == first || !regex_accept(parser, ">"))
        return regex_fail(parser, first, "a group's name is letters, digits and _, closed by >");
    return true;
}

/* Behind "(?": flags for the group, or for what follows, which is nothing to repeat. */
static bool parse_flags(struct regex_parser *parser, const char *open, bool *atom)
{
    static const char letters[] = "imsU";
    unsigned flags = parser->flags;
    bool off = false, any = false;

    for (; regex_more(parser); parser->at++) {
        const char *letter = *parser->at ? strchr(letters, *parser->at) : NULL;

        if (letter && off)
            flags &= ~(1U << (letter - letters));
        else if (letter)
            flags |= 1U << (letter - letters);
        else if (*parser->at == '-' && !off)
            off = true;
        else
            break;
        any = letter != NULL;
    }
    if (off && !any)
        return regex_fail(parser, open, "a minus without flags behind it");
    if (regex_accept(parser, ":"))
        return parse_group_body(parser, open, flags);
    if (!regex_accept(parser, ")"))
        return regex_fail(parser, open, "(? wants one of i m s U - : P<name> <name>");
    parser->flags = flags;
    *atom = false;
    return true;
}

/* Behind "(". `*atom` is false for what only sets flags. */
static bool parse_group(struct regex_parser *parser, bool *atom)
{
    const char *open = parser->at - 1;

    if (regex_accept(parser, "?P<") || regex_accept(parser, "?<"))
        return take_group_name(parser) && parse_group_body(parser, open, parser->flags);
    if (!regex_accept(parser, "?"))
        return parse_group_body(parser, open, parser->flags);
    return parse_flags(parser, open, atom);
}

/* One thing that can be repeated; `*atom` is false for what cannot. */
static bool parse_atom(struct regex_parser *parser, bool *atom)
{
    if (regex_accept(parser, "("))
        return parse_group(parser, atom);
    if (regex_accept(parser, "["))
        return regex_parse_class(parser);
    if (regex_accept(parser, "."))
        return parse_dot(parser);
    if (regex_accept(parser, "^"))
        return regex_emit(parser, REGEX_ASSERT,
                          parser->flags & REGEX_MULTI_LINE ? REGEX_LINE_BEGIN : REGEX_TEXT_BEGIN);
    if (regex_accept(parser, "$"))
        return regex_emit(parser, REGEX_ASSERT,
                          parser->flags & REGEX_MULTI_LINE ? REGEX_LINE_END : REGEX_TEXT_END);
    if (regex_next_is(parser, '\\'))
        return parse_escape(parser);
    return emit_character(parser, regex_take_character(parser));
}

/* \Q...\E: characters that mean nothing but themselves. */
static bool parse_quoted(struct regex_parser *parser)
{
    guint start = regex_code_size(parser);
    bool any = false;

    while (regex_more(parser) && !regex_accept(parser, "\\E")) {
        start = regex_code_size(parser);
        any = true;
        if (!emit_character(parser, regex_take_character(parser)))
            return false;
    }
    return regex_parse_repetition(parser, start, any);
}

static bool parse_sequence(struct regex_parser *parser)
{
    while (regex_more(parser) && *parser->at != '|' && *parser->at != ')') {
        guint start = regex_code_size(parser);
        bool atom = true;

        if (regex_accept(parser, "\\Q")) {
            if (!parse_quoted(parser))
                return false;
            continue;
        }
        if (!regex_parse_repetition(parser, start, false) || !parse_atom(parser, &atom) ||
            !regex_parse_repetition(parser, start, atom))
            return false;
    }
    return true;
}

/* a|b|c: each alternative but the last gets a way around it in front, and one to the end behind. */
static bool parse_alternatives(struct regex_parser *parser)
{
    g_autoptr(GArray) jumps = g_array_new(FALSE, FALSE, sizeof(guint));
    guint start = regex_code_size(parser), jump;

    if (!parse_sequence(parser))
        return false;
    while (regex_accept(parser, "|")) {
        int32_t length = (int32_t)(regex_code_size(parser) - start);

        if (!regex_insert(parser, start, REGEX_SPLIT, length + 2))
            return false;
        jump = regex_code_size(parser);
        g_array_append_val(jumps, jump);
        if (!regex_emit(parser, REGEX_JUMP, 0))
            return false;
        start = regex_code_size(parser);
        if (!parse_sequence(parser))
            return false;
    }
    for (guint i = 0; i < jumps->len; i++) {
        jump = g_array_index(jumps, guint, i);
        g_array_index(parser->regex->code, struct regex_instruction, jump).argument =
            (int32_t)(regex_code_size(parser) - jump);
    }
    return true;
}

static void clear_class(void *class)
{
    regex_class_clear(class);
}

struct vane_regex *vane_regex_new(const char *pattern, size_t len, struct vane_regex_error *error)
{
    struct vane_regex *regex = g_new0(struct vane_regex, 1);
    struct regex_parser parser = {
        .start = pattern, .at = pattern, .end = pattern + len, .regex = regex, .error = error};

    regex->code = g_array_sized_new(FALSE, FALSE, sizeof(struct regex_instruction), CODE_ROOM);
    regex->classes = g_array_new(FALSE, FALSE, sizeof(struct regex_class));
    g_array_set_clear_func(regex->classes, clear_class);
    if (len > VANE_REGEX_LENGTH_MAX)
        regex_fail(&parser, pattern, "the expression is too long");
    else if (parse_alternatives(&parser) && regex_more(&parser))
        regex_fail(&parser, parser.at, ") without (");
    if (!parser.failed && regex_emit(&parser, REGEX_MATCH, 0))
        return regex;
    vane_regex_free(regex);
    return NULL;
}

void vane_regex_free(struct vane_regex *regex)
{
    if (!regex)
        return;
    g_array_unref(regex->code);
    g_array_unref(regex->classes);
    g_free(regex);
}
