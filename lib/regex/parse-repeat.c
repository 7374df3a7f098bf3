/* * + ? and {2,3} behind what they repeat. See parse-internal.h. */
#include "lib/regex/parse-internal.h"

#define REPEAT_MAX 1000

static bool parse_repeat_number(struct regex_parser *parser, int *number)
{
    const char *first = parser->at;

    *number = 0;
    for (; regex_more(parser) && g_ascii_isdigit(*parser->at); parser->at++)
        *number = MIN(*number * 10 + (*parser->at - '0'), REPEAT_MAX + 1);
    return parser->at > first && (parser->at - first == 1 || *first != '0');
}

/* "{2}", "{2,}", "{2,3}"; anything else in braces is text. */
static bool take_braces(struct regex_parser *parser, int *min, int *max)
{
    const char *start = parser->at;

    if (regex_accept(parser, "{") && parse_repeat_number(parser, min)) {
        *max = *min;
        if (regex_accept(parser, ",") && !parse_repeat_number(parser, max)) {
            *max = -1;
            if (!regex_next_is(parser, '}'))
                *min = -1;
        }
        if (*min >= 0 && regex_accept(parser, "}"))
            return true;
    }
    parser->at = start;
    return false;
}

static bool take_repetition(struct regex_parser *parser, int *min, int *max)
{
    *min = 0;
    *max = -1;
    if (regex_accept(parser, "*"))
        return true;
    if (regex_accept(parser, "+")) {
        *min = 1;
        return true;
    }
    if (regex_accept(parser, "?")) {
        *max = 1;
        return true;
    }
    return take_braces(parser, min, max);
}

/* Behind what may be there or not: a way around each of `optional` copies, or a loop. */
static bool repeat_rest(struct regex_parser *parser, const struct regex_instruction *atom,
                        guint count, int optional)
{
    int32_t length = (int32_t)count;

    if (optional < 0)
        return regex_emit(parser, REGEX_SPLIT, length + 2) && regex_copy(parser, atom, count) &&
               regex_emit(parser, REGEX_JUMP, -length - 1);
    for (; optional > 0; optional--)
        if (!regex_emit(parser, REGEX_SPLIT, optional * (length + 1)) ||
            !regex_copy(parser, atom, count))
            return false;
    return true;
}

/* The instructions from `start` on become a repetition of themselves. */
static bool repeat(struct regex_parser *parser, guint start, int min, int max)
{
    guint count = regex_code_size(parser) - start;
    g_autofree struct regex_instruction *atom =
        g_memdup2(&g_array_index(parser->regex->code, struct regex_instruction, start),
                  count * sizeof(*atom));

    if (min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && max < min))
        return regex_fail(parser, parser->at,
                          "a repetition is at most 1000 times, the smaller number first");
    g_array_set_size(parser->regex->code, start);
    for (int i = 0; i < min; i++)
        if (!regex_copy(parser, atom, count))
            return false;
    return repeat_rest(parser, atom, count, max < 0 ? -1 : max - min);
}

bool regex_parse_repetition(struct regex_parser *parser, guint start, bool atom)
{
    const char *at = parser->at;
    int min, max;

    if (!take_repetition(parser, &min, &max))
        return true;
    if (!atom)
        return regex_fail(parser, at, "nothing stands before the repetition");
    regex_accept(parser, "?");
    if (!repeat(parser, start, min, max))
        return false;
    at = parser->at;
    return !take_repetition(parser, &min, &max) ||
           regex_fail(parser, at, "a repetition of a repetition: put the first into a group");
}
