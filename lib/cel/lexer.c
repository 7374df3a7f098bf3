/* The words of an expression. See lexer.h. */
#include "lib/cel/lexer.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"

struct source {
    const char *start, *at, *end;
};

static char peek(const struct source *source, size_t ahead)
{
    return (size_t)(source->end - source->at) > ahead ? source->at[ahead] : '\0';
}

static void skip_space(struct source *source)
{
    for (; source->at < source->end; source->at++) {
        if (peek(source, 0) == '/' && peek(source, 1) == '/')
            while (source->at < source->end && *source->at != '\n')
                source->at++;
        if (source->at == source->end || !strchr(" \t\n\r\f", *source->at) || !*source->at)
            return;
    }
}

static struct vane_cel_token token(const struct source *source, enum vane_cel_token_kind kind,
                                   size_t length)
{
    return (struct vane_cel_token){
        .kind = kind, .offset = (uint32_t)(source->at - source->start), .length = (uint32_t)length};
}

static struct vane_cel_token broken(const struct source *source, const char *at, const char *reason)
{
    return (struct vane_cel_token){.kind = VANE_CEL_T_BROKEN,
                                   .offset = (uint32_t)(at - source->start),
                                   .length = at < source->end,
                                   .reason = reason};
}

static bool name_byte(char byte)
{
    return g_ascii_isalnum(byte) || byte == '_';
}

static struct vane_cel_token lex_name(const struct source *source)
{
    static const struct {
        const char *word;
        enum vane_cel_token_kind kind;
    } keywords[] = {{"true", VANE_CEL_T_TRUE},
                    {"false", VANE_CEL_T_FALSE},
                    {"null", VANE_CEL_T_NULL},
                    {"in", VANE_CEL_T_IN}};
    const char *end = source->at;
    size_t len;

    while (end < source->end && name_byte(*end))
        end++;
    len = (size_t)(end - source->at);
    for (size_t i = 0; i < ELEMENTS(keywords); i++)
        if (strlen(keywords[i].word) == len && memcmp(keywords[i].word, source->at, len) == 0)
            return token(source, keywords[i].kind, len);
    return token(source, VANE_CEL_T_NAME, len);
}

static struct vane_cel_token lex_quoted_name(const struct source *source)
{
    const char *end = source->at + 1;

    while (end < source->end && (name_byte(*end) || (*end && strchr("-. /", *end))))
        end++;
    if (end == source->end || *end != '`' || end == source->at + 1)
        return broken(source, source->at,
                      "a name in backquotes is letters, digits and _ . - / only");
    return token(source, VANE_CEL_T_QUOTED_NAME, (size_t)(end + 1 - source->at));
}

static const char *digits(const struct source *source, const char *at)
{
    while (at < source->end && g_ascii_isdigit(*at))
        at++;
    return at;
}

static const char *exponent(const struct source *source, const char *at)
{
    const char *mantissa = at, *first;

    if (at == source->end || (*at != 'e' && *at != 'E'))
        return at;
    if (++at < source->end && (*at == '+' || *at == '-'))
        at++;
    first = at;
    at = digits(source, at);
    return at > first ? at : mantissa;
}

static struct vane_cel_token number(const struct source *source, const char *end, bool real)
{
    enum vane_cel_token_kind kind = real ? VANE_CEL_T_DOUBLE : VANE_CEL_T_INT;

    if (!real && end < source->end && (*end == 'u' || *end == 'U')) {
        kind = VANE_CEL_T_UINT;
        end++;
    }
    if (end < source->end && name_byte(*end))
        return broken(source, end, "a letter within a number");
    return token(source, kind, (size_t)(end - source->at));
}

static struct vane_cel_token lex_number(const struct source *source)
{
    const char *end = source->at, *fraction;
    bool real = false;

    if (peek(source, 0) == '0' && (peek(source, 1) == 'x' || peek(source, 1) == 'X')) {
        end += 2;
        while (end < source->end && g_ascii_isxdigit(*end))
            end++;
        if (end == source->at + 2)
            return broken(source, source->at, "digits are missing behind 0x");
        return number(source, end, false);
    }
    end = digits(source, end);
    if (end < source->end && *end == '.' && (fraction = digits(source, end + 1)) > end + 1) {
        real = true;
        end = fraction;
    }
    fraction = exponent(source, end);
    return number(source, fraction, real || fraction > end);
}

/* The end of a text in `quote`, one or three times; NULL if it is not closed. */
static const char *closing(const struct source *source, const char *at, char quote, size_t quotes,
                           bool raw)
{
    for (; at < source->end; at++) {
        if (*at == '\\' && !raw)
            at++;
        else if (quotes == 1 && (*at == '\n' || *at == '\r'))
            return NULL;
        else if (*at == quote && quotes == 1)
            return at + 1;
        else if (*at == quote && source->end - at >= 3 && at[1] == quote && at[2] == quote)
            return at + 3;
    }
    return NULL;
}

/* 0: no text begins here. Else the length of its prefix, plus one. */
static size_t text_prefix(const struct source *source, bool *raw, bool *bytes)
{
    size_t length = 0;
    char letter;

    *raw = *bytes = false;
    while ((letter = g_ascii_tolower(peek(source, length))) != '"' && letter != '\'') {
        if (letter == 'r' && !*raw)
            *raw = true;
        else if (letter == 'b' && !*bytes)
            *bytes = true;
        else
            return 0;
        length++;
    }
    return length + 1;
}

static struct vane_cel_token lex_text(const struct source *source, size_t prefix, bool raw,
                                      bool bytes)
{
    const char *open = source->at + prefix, *end;
    size_t quotes = source->end - open >= 3 && open[1] == open[0] && open[2] == open[0] ? 3 : 1;

    end = closing(source, open + quotes, *open, quotes, raw);
    if (!end || end > source->end)
        return broken(source, source->at, "the text that begins here is not closed");
    return token(source, bytes ? VANE_CEL_T_BYTES : VANE_CEL_T_STRING, (size_t)(end - source->at));
}

static struct vane_cel_token lex_sign(const struct source *source)
{
    static const struct {
        char sign[3];
        enum vane_cel_token_kind kind;
    } signs[] = {
        {"==", VANE_CEL_T_EQUAL},         {"!=", VANE_CEL_T_UNEQUAL}, {"<=", VANE_CEL_T_LESS_EQUAL},
        {">=", VANE_CEL_T_GREATER_EQUAL}, {"&&", VANE_CEL_T_AND},     {"||", VANE_CEL_T_OR},
        {"<", VANE_CEL_T_LESS},           {">", VANE_CEL_T_GREATER},  {"!", VANE_CEL_T_NOT},
        {"+", VANE_CEL_T_PLUS},           {"-", VANE_CEL_T_MINUS},    {"*", VANE_CEL_T_STAR},
        {"/", VANE_CEL_T_SLASH},          {"%", VANE_CEL_T_PERCENT},  {"?", VANE_CEL_T_QUESTION},
        {":", VANE_CEL_T_COLON},          {",", VANE_CEL_T_COMMA},    {".", VANE_CEL_T_DOT},
        {"(", VANE_CEL_T_OPEN},           {")", VANE_CEL_T_CLOSE},    {"[", VANE_CEL_T_OPEN_LIST},
        {"]", VANE_CEL_T_CLOSE_LIST},     {"{", VANE_CEL_T_OPEN_MAP}, {"}", VANE_CEL_T_CLOSE_MAP},
    };
    size_t left = (size_t)(source->end - source->at);

    for (size_t i = 0; i < ELEMENTS(signs); i++) {
        size_t length = strlen(signs[i].sign);

        if (left >= length && memcmp(source->at, signs[i].sign, length) == 0)
            return token(source, signs[i].kind, length);
    }
    if (*source->at == '=')
        return broken(source, source->at, "equality is written ==");
    if (*source->at == '&' || *source->at == '|')
        return broken(source, source->at, "\"and\" is written &&, \"or\" is written ||");
    return broken(source, source->at, "a character that means nothing here");
}

struct vane_cel_token vane_cel_lex(const char *text, size_t len, size_t offset)
{
    struct source source = {.start = text, .at = text + offset, .end = text + len};
    bool raw, bytes;
    size_t prefix;

    skip_space(&source);
    if (source.at == source.end)
        return token(&source, VANE_CEL_T_END, 0);
    prefix = text_prefix(&source, &raw, &bytes);
    if (prefix)
        return lex_text(&source, prefix - 1, raw, bytes);
    if (g_ascii_isdigit(*source.at) || (*source.at == '.' && g_ascii_isdigit(peek(&source, 1))))
        return lex_number(&source);
    if (name_byte(*source.at))
        return lex_name(&source);
    return *source.at == '`' ? lex_quoted_name(&source) : lex_sign(&source);
}
