/* What the literals of an expression stand for. See literal.h. */
#include "lib/cel/literal.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "lib/text/utf8.h"

#define NO_MEMORY "the expression is too large"

static const char *integer(const char *text, bool negative, struct vane_cel_value *value)
{
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    guint64 number;

    errno = 0;
    number = g_ascii_strtoull(base == 16 ? text + 2 : text, NULL, base);
    if (errno || number > (guint64)INT64_MAX + negative)
        return "the number does not fit an int of 64 bits";
    *value = vane_cel_int(negative ? (int64_t)-number : (int64_t)number);
    return NULL;
}

static const char *natural(const char *text, struct vane_cel_value *value)
{
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;

    errno = 0;
    *value = vane_cel_uint(g_ascii_strtoull(base == 16 ? text + 2 : text, NULL, base));
    return errno ? "the number does not fit a uint of 64 bits" : NULL;
}

static const char *real(const char *text, bool negative, struct vane_cel_value *value)
{
    double number = g_ascii_strtod(text, NULL);

    if (isinf(number))
        return "the number does not fit a double";
    *value = vane_cel_double(negative ? -number : number);
    return NULL;
}

struct unescape {
    const char *at, *end;
    char *out;
    bool bytes;
};

/* `digits` digits of a base, 8 or 16. */
static bool take_digits(struct unescape *state, unsigned digits, unsigned base, uint32_t *number)
{
    *number = 0;
    for (; digits > 0; digits--, state->at++) {
        int digit = state->at < state->end ? g_ascii_xdigit_value(*state->at) : -1;

        if (digit < 0 || (unsigned)digit >= base)
            return false;
        *number = *number * base + (unsigned)digit;
    }
    return true;
}

/* In bytes a number is a byte, in texts a character. */
static const char *put_number(struct unescape *state, uint32_t number, bool character)
{
    if (state->bytes && character)
        return "\\u and \\U are not for bytes";
    if (state->bytes) {
        if (number > 0xff)
            return "the number is no byte";
        *state->out++ = (char)number;
        return NULL;
    }
    if (number > 0x10ffff || (number >= 0xd800 && number < 0xe000))
        return "the number is no character of Unicode";
    state->out += vane_utf8_encode(number, state->out);
    return NULL;
}

static const char *take_number(struct unescape *state, unsigned digits, unsigned base)
{
    uint32_t number;

    if (!take_digits(state, digits, base, &number))
        return base == 8 ? "an octal escape has three digits"
                         : "\\x wants two hexadecimal digits, \\u four, \\U eight";
    return put_number(state, number, digits >= 4);
}

static const char *take_escape(struct unescape *state)
{
    static const char names[] = "abfnrtv\\?\"'`", values[] = "\a\b\f\n\r\t\v\\?\"'`";
    char letter = *state->at++;
    const char *found = strchr(names, letter);

    if (letter && found) {
        *state->out++ = values[found - names];
        return NULL;
    }
    switch (letter) {
    case 'x':
    case 'X':
        return take_number(state, 2, 16);
    case 'u':
        return take_number(state, 4, 16);
    case 'U':
        return take_number(state, 8, 16);
    case '0':
    case '1':
    case '2':
    case '3':
        state->at--;
        return take_number(state, 3, 8);
    default:
        return "no such escape (a backslash itself is written \\\\, or the text as r'...')";
    }
}

/* An escape is never shorter than what it stands for. */
static const char *unescape(struct unescape *state)
{
    while (state->at < state->end) {
        const char *why = NULL;

        if (*state->at != '\\') {
            *state->out++ = *state->at++;
            continue;
        }
        state->at++;
        why = take_escape(state);
        if (why)
            return why;
    }
    return NULL;
}

static const char *text_of(const char *text, const struct vane_cel_token *token,
                           struct vane_cel_arena *arena, struct vane_cel_value *value)
{
    const char *at = text + token->offset, *end = at + token->length;
    bool raw = false, bytes = token->kind == VANE_CEL_T_BYTES;
    size_t quotes;
    char *out;

    for (; *at != '"' && *at != '\''; at++)
        raw |= *at == 'r' || *at == 'R';
    quotes = end - at >= 6 && at[1] == at[0] && at[2] == at[0] ? 3 : 1;
    at += quotes;
    end -= quotes;
    out = vane_cel_arena_alloc(arena, (size_t)(end - at) + 1);
    if (!out)
        return NO_MEMORY;
    if (raw) {
        memcpy(out, at, (size_t)(end - at));
        *value = vane_cel_string(out, (size_t)(end - at));
    } else {
        struct unescape state = {.at = at, .end = end, .out = out, .bytes = bytes};
        const char *why = unescape(&state);

        if (why)
            return why;
        *value = vane_cel_string(out, (size_t)(state.out - out));
    }
    value->kind = bytes ? VANE_CEL_BYTES : VANE_CEL_STRING;
    return NULL;
}

const char *vane_cel_literal(const char *text, const struct vane_cel_token *token, bool negative,
                             struct vane_cel_arena *arena, struct vane_cel_value *value)
{
    g_autofree char *digits = NULL;

    if (token->kind == VANE_CEL_T_STRING || token->kind == VANE_CEL_T_BYTES)
        return text_of(text, token, arena, value);
    digits = g_strndup(text + token->offset, token->length);
    if (token->kind == VANE_CEL_T_INT)
        return integer(digits, negative, value);
    if (token->kind == VANE_CEL_T_UINT)
        return natural(digits, value);
    return real(digits, negative, value);
}
