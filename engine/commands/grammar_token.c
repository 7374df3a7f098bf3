/*
 * One token of a command's syntax: read from its lexeme, and compared with what somebody typed.
 * What may stand beside it is grammar.c's business.
 */
#include "engine/commands/grammar.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"

#define LOWER       "abcdefghijklmnopqrstuvwxyz"
#define UPPER       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS      "0123456789"
#define HEX         DIGITS "abcdefABCDEF"
#define PUNCTUATION "_-"

static const struct {
    const char *text;
    enum vane_token_kind kind;
} types[] = {
    {"A.B.C.D", VANE_TOKEN_IPV4},
    {"A.B.C.D/M", VANE_TOKEN_IPV4_PREFIX},
    {"X:X:X::X", VANE_TOKEN_IPV6},
    {"X:X:X::X/M", VANE_TOKEN_IPV6_PREFIX},
};

static bool consists_of(const char *text, size_t length, const char *letters)
{
    return strspn(text, letters) >= length;
}

static bool is_name(const char *text, size_t length, const char *first, const char *rest)
{
    return length > 0 && strchr(first, text[0]) && consists_of(text, length, rest);
}

static bool is_keyword(const char *lexeme)
{
    const char *name = g_str_has_prefix(lexeme, "--") ? lexeme + 2 : lexeme;

    return is_name(name, strlen(name), LOWER, LOWER DIGITS PUNCTUATION ".");
}

static bool is_parameter_name(const char *text, size_t length)
{
    return is_name(text, length, UPPER, UPPER DIGITS PUNCTUATION);
}

/* One bound of a range: strict digits, with a sign if negative. */
static int parse_bound(const char **cursor, int64_t *bound)
{
    const char *digits = *cursor + (**cursor == '-');
    char *end;

    if (!g_ascii_isdigit(*digits))
        return -EINVAL;
    errno = 0;
    *bound = g_ascii_strtoll(*cursor, &end, 10);
    *cursor = end;
    return errno ? -ERANGE : 0;
}

static int parse_range(struct vane_token *token, const char *lexeme, const char **why)
{
    const char *cursor = lexeme + 1;

    *why = "a range is written (LOWEST-HIGHEST), in 64-bit decimal numbers";
    if (parse_bound(&cursor, &token->minimum) < 0 || *cursor++ != '-' ||
        parse_bound(&cursor, &token->maximum) < 0 || strcmp(cursor, ")") != 0)
        return -EINVAL;
    *why = "the range is empty: its lowest number is above its highest";
    if (token->minimum > token->maximum)
        return -EINVAL;
    token->kind = VANE_TOKEN_RANGE;
    return 0;
}

/* -ENOENT if the lexeme is not meant as a type at all. */
static int parse_type(struct vane_token *token, const char *lexeme, const char **why)
{
    for (size_t i = 0; i < ELEMENTS(types); i++) {
        if (strcmp(lexeme, types[i].text) == 0) {
            token->kind = types[i].kind;
            return 0;
        }
    }
    return lexeme[0] == '(' ? parse_range(token, lexeme, why) : -ENOENT;
}

static int parse_labelled(struct vane_token *token, const char *lexeme, size_t length,
                          const char **why)
{
    int r;

    *why = "a label is an upper-case name";
    if (!is_parameter_name(lexeme, length))
        return -EINVAL;
    r = parse_type(token, lexeme + length + 1, why);
    if (r == -ENOENT) {
        *why = "after a label comes A.B.C.D, A.B.C.D/M, X:X:X::X, X:X:X::X/M or (LOWEST-HIGHEST)";
        return -EINVAL;
    }
    return r;
}

static int parse_plain(struct vane_token *token, const char *lexeme, size_t length,
                       const char **why)
{
    if (is_keyword(lexeme)) {
        token->kind = VANE_TOKEN_KEYWORD;
        return 0;
    }
    *why = "neither a keyword (lower case), a parameter (upper case) nor a type";
    if (!is_parameter_name(lexeme, length))
        return -EINVAL;
    token->kind = lexeme[length] ? VANE_TOKEN_REST : VANE_TOKEN_TEXT;
    return 0;
}

static size_t name_length(const char *lexeme)
{
    size_t length = strlen(lexeme);

    return g_str_has_suffix(lexeme, "...") ? length - 3 : length;
}

int vane_token_init(struct vane_token *token, const char *lexeme, const char **why)
{
    const char *colon = strchr(lexeme, ':'), *text = lexeme;
    size_t length = name_length(lexeme);
    int r;

    *token = (struct vane_token){0};
    r = parse_type(token, lexeme, why);
    if (r == -ENOENT && colon) {
        length = (size_t)(colon - lexeme);
        text = colon + 1;
        r = parse_labelled(token, lexeme, length, why);
    } else if (r == -ENOENT) {
        r = parse_plain(token, lexeme, length, why);
    }
    if (r < 0)
        return r;
    token->name = g_strndup(lexeme, length);
    token->text = g_strdup(text);
    return 0;
}

void vane_token_clear(struct vane_token *token)
{
    g_clear_pointer(&token->name, g_free);
    g_clear_pointer(&token->text, g_free);
}

static enum vane_fit fit_keyword(const char *keyword, const char *word)
{
    size_t length = strlen(word);

    if (length == 0 || g_ascii_strncasecmp(keyword, word, length) != 0)
        return VANE_FIT_NONE;
    return keyword[length] ? VANE_FIT_ABBREVIATION : VANE_FIT_KEYWORD;
}

static bool is_address(int family, const char *word)
{
    struct in6_addr address;

    return inet_pton(family, word, &address) == 1;
}

static bool is_prefix(int family, const char *word)
{
    const char *slash = strchr(word, '/');
    char address[INET6_ADDRSTRLEN];
    size_t length = slash ? (size_t)(slash - word) : 0;

    if (!slash || length >= sizeof(address) || strlen(slash + 1) > 3)
        return false;
    memcpy(address, word, length);
    address[length] = '\0';
    return is_address(family, address) && g_ascii_isdigit(slash[1]) &&
           g_ascii_string_to_unsigned(slash + 1, 10, 0, family == AF_INET ? 32 : 128, NULL, NULL);
}

static enum vane_fit fit_typed(bool fits)
{
    return fits ? VANE_FIT_TYPED : VANE_FIT_NONE;
}

enum vane_fit vane_token_fit(const struct vane_token *token, const char *word)
{
    switch (token->kind) {
    case VANE_TOKEN_KEYWORD:
        return fit_keyword(token->name, word);
    case VANE_TOKEN_TEXT:
    case VANE_TOKEN_REST:
        return VANE_FIT_TEXT;
    case VANE_TOKEN_IPV4:
        return fit_typed(is_address(AF_INET, word));
    case VANE_TOKEN_IPV4_PREFIX:
        return fit_typed(is_prefix(AF_INET, word));
    case VANE_TOKEN_IPV6:
        return fit_typed(is_address(AF_INET6, word));
    case VANE_TOKEN_IPV6_PREFIX:
        return fit_typed(is_prefix(AF_INET6, word));
    case VANE_TOKEN_RANGE:
        return fit_typed(
            g_ascii_string_to_signed(word, 10, token->minimum, token->maximum, NULL, NULL));
    }
    return VANE_FIT_NONE;
}

/* More digits only lead further from zero: what is beyond the far bound already stays out. */
static bool may_begin_number(const struct vane_token *token, const char *partial)
{
    gint64 value;

    if (strcmp(partial, "-") == 0)
        return token->minimum < 0;
    if (!g_ascii_string_to_signed(partial, 10, G_MININT64, G_MAXINT64, &value, NULL))
        return false;
    return partial[0] == '-' ? value >= token->minimum : value <= token->maximum;
}

bool vane_token_may_begin(const struct vane_token *token, const char *partial)
{
    size_t length = strlen(partial);

    if (length == 0)
        return true;
    switch (token->kind) {
    case VANE_TOKEN_KEYWORD:
        return fit_keyword(token->name, partial) != VANE_FIT_NONE;
    case VANE_TOKEN_TEXT:
    case VANE_TOKEN_REST:
        return true;
    case VANE_TOKEN_IPV4:
        return consists_of(partial, length, DIGITS ".");
    case VANE_TOKEN_IPV4_PREFIX:
        return consists_of(partial, length, DIGITS "./");
    case VANE_TOKEN_IPV6:
        return consists_of(partial, length, HEX ":.");
    case VANE_TOKEN_IPV6_PREFIX:
        return consists_of(partial, length, HEX ":./");
    case VANE_TOKEN_RANGE:
        return may_begin_number(token, partial);
    }
    return false;
}
