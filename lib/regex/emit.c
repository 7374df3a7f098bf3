/*
 * Instructions as they are made. As jumps are relative, what was compiled can be moved to make room
 * in front of it, and repeated by copying. See parse-internal.h.
 */
#include "lib/regex/parse-internal.h"

bool regex_fail(struct regex_parser *parser, const char *at, const char *reason)
{
    if (!parser->failed && parser->error)
        *parser->error =
            (struct vane_regex_error){.reason = reason, .offset = (size_t)(at - parser->start)};
    parser->failed = true;
    return false;
}

guint regex_code_size(const struct regex_parser *parser)
{
    return parser->regex->code->len;
}

bool regex_insert(struct regex_parser *parser, guint where, enum regex_op op, int32_t argument)
{
    struct regex_instruction instruction = {.op = op, .argument = argument};

    if (regex_code_size(parser) >= VANE_REGEX_SIZE_MAX)
        return regex_fail(parser, parser->at, "the expression is too large");
    g_array_insert_val(parser->regex->code, where, instruction);
    return true;
}

bool regex_emit(struct regex_parser *parser, enum regex_op op, int32_t argument)
{
    return regex_insert(parser, regex_code_size(parser), op, argument);
}

bool regex_copy(struct regex_parser *parser, const struct regex_instruction *from, guint count)
{
    if (regex_code_size(parser) + count > VANE_REGEX_SIZE_MAX)
        return regex_fail(parser, parser->at, "the expression is too large");
    g_array_append_vals(parser->regex->code, from, count);
    return true;
}

bool regex_emit_class(struct regex_parser *parser, struct regex_class *class)
{
    regex_class_finish(class);
    g_array_append_val(parser->regex->classes, *class);
    return regex_emit(parser, REGEX_CLASS, (int32_t)parser->regex->classes->len - 1);
}
