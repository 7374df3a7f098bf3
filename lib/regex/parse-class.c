/* Escapes, and classes of characters in brackets. See regex.h. */
#include "lib/regex/parse-internal.h"

static bool take_hex(struct regex_parser *parser, uint32_t *character)
{
    bool braces = regex_accept(parser, "{");
    const char *first = parser->at;

    *character = 0;
    while (regex_more(parser) && g_ascii_isxdigit(*parser->at) &&
           (braces || parser->at - first < 2)) {
        *character = *character * 16 + (uint32_t)g_ascii_xdigit_value(*parser->at++);
        if (*character > 0x10ffff)
            return regex_fail(parser, first, "the number is no character of Unicode");
    }
    if (parser->at == first || (!braces && parser->at - first != 2) ||
        (braces && !regex_accept(parser, "}")))
        return regex_fail(parser, first, "\\x wants two hexadecimal digits, or more in braces");
    return true;
}

/* \0, \07, \077, \177: up to three octal digits. */
static bool take_octal(struct regex_parser *parser, uint32_t *character)
{
    const char *first = parser->at;

    if (*first != '0' && (parser->end - first < 2 || first[1] < '0' || first[1] > '7'))
        return regex_fail(parser, first, "references to groups take more than linear time");
    *character = 0;
    while (regex_more(parser) && *parser->at >= '0' && *parser->at <= '7' && parser->at - first < 3)
        *character = *character * 8 + (uint32_t)(*parser->at++ - '0');
    return true;
}

bool regex_take_escaped(struct regex_parser *parser, uint32_t *character)
{
    static const char names[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    const char *found;
    char letter = regex_more(parser) ? *parser->at : '\0';

    if (letter >= '0' && letter <= '7')
        return take_octal(parser, character);
    if (regex_accept(parser, "x"))
        return take_hex(parser, character);
    found = letter ? strchr(names, letter) : NULL;
    if (!found &&
        (!letter || (unsigned char)letter >= 0x80 || g_ascii_isalnum(letter) || letter == '_'))
        return regex_fail(parser, parser->at, "no such escape");
    parser->at++;
    *character = (unsigned char)(found ? values[found - names] : letter);
    return true;
}

bool regex_take_class_escape(struct regex_parser *parser, struct regex_class *class)
{
    const char *start = parser->at, *name, *close;
    bool negated;

    if (parser->end - start < 2 || *start != '\\')
        return false;
    parser->at += 2;
    if (regex_class_add_perl(class, start[1]))
        return true;
    if (start[1] != 'p' && start[1] != 'P') {
        parser->at = start;
        return false;
    }
    negated = start[1] == 'P';
    name = parser->at;
    if (regex_accept(parser, "{")) {
        close = memchr(parser->at, '}', (size_t)(parser->end - parser->at));
        if (!close)
            return regex_fail(parser, start, "\\p{ is not closed");
        name = parser->at;
        parser->at = close + 1;
    } else {
        close = parser->at = MIN(name + 1, parser->end);
    }
    return regex_class_add_property(class, name, (size_t)(close - name), negated) ||
           regex_fail(parser, start, "no such category or script of Unicode");
}

static bool take_class_end(struct regex_parser *parser, uint32_t *character)
{
    if (!regex_more(parser))
        return regex_fail(parser, parser->at, "[ is not closed");
    if (regex_accept(parser, "\\"))
        return regex_take_escaped(parser, character);
    *character = regex_take_character(parser);
    return true;
}

static bool take_class_item(struct regex_parser *parser, struct regex_class *class)
{
    const char *start = parser->at, *close;
    uint32_t low = 0, high;

    if (parser->end - start > 2 && start[0] == '[' && start[1] == ':') {
        for (close = start + 2; close < parser->end - 1 && !(close[0] == ':' && close[1] == ']');)
            close++;
        if (close < parser->end - 1) {
            parser->at = close + 2;
            return regex_class_add_posix(class, start + 2, (size_t)(close - start) - 2) ||
                   regex_fail(parser, start, "no such class of POSIX");
        }
    }
    if (regex_take_class_escape(parser, class))
        return true;
    if (parser->failed || !take_class_end(parser, &low))
        return false;
    high = low;
    if (parser->end - parser->at >= 2 && parser->at[0] == '-' && parser->at[1] != ']') {
        parser->at++;
        if (!take_class_end(parser, &high))
            return false;
    }
    if (high < low)
        return regex_fail(parser, start, "the range ends before it begins");
    regex_class_add(class, low, high);
    return true;
}

bool regex_parse_class(struct regex_parser *parser)
{
    const char *start = parser->at;
    struct regex_class class = regex_class_new(parser);
    bool first = true;

    class.negated = regex_accept(parser, "^");
    for (; first || !regex_next_is(parser, ']'); first = false) {
        if (!regex_more(parser))
            regex_fail(parser, start, "[ is not closed");
        if (parser->failed || !take_class_item(parser, &class)) {
            regex_class_clear(&class);
            return false;
        }
    }
    parser->at++;
    return regex_emit_class(parser, &class);
}
