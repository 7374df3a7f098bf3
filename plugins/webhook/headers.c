/* Further headers of an endpoint. See headers.h. */
#include "plugins/webhook/headers.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sodium.h>

#include "lib/array.h"

/* A piece of the text: it is not copied to where it would be dumped. */
struct piece {
    const char *at;
    size_t length;
};

GPtrArray *vane_headers_new(void)
{
    return g_ptr_array_new_with_free_func(sodium_free);
}

static struct piece strip(struct piece piece)
{
    while (piece.length > 0 && g_ascii_isspace(piece.at[0])) {
        piece.at++;
        piece.length--;
    }
    while (piece.length > 0 && g_ascii_isspace(piece.at[piece.length - 1]))
        piece.length--;
    return piece;
}

static bool is_token(struct piece name)
{
    static const char others[] = "!#$%&'*+-.^_`~";

    for (size_t i = 0; i < name.length; i++)
        if (!g_ascii_isalnum(name.at[i]) && (!name.at[i] || !strchr(others, name.at[i])))
            return false;
    return name.length > 0;
}

static bool is_one_of(struct piece word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (word.length == strlen(words[i]) &&
            g_ascii_strncasecmp(word.at, words[i], word.length) == 0)
            return true;
    return false;
}

static bool is_ours(struct piece name)
{
    static const char *const names[] = {
        "content-type", "content-length", "transfer-encoding",     "host",
        "connection",   "expect",         "x-pilot-signature-256", "upgrade",
        "te",           "trailer",        "content-encoding"};
    static const char prefix[] = "webhook-";

    return is_one_of(name, names, ELEMENTS(names)) ||
           (name.length >= strlen(prefix) &&
            g_ascii_strncasecmp(name.at, prefix, strlen(prefix)) == 0);
}

static bool has_part(struct piece text, const char *part)
{
    size_t length = strlen(part);

    for (size_t i = 0; i + length <= text.length; i++)
        if (g_ascii_strncasecmp(text.at + i, part, length) == 0)
            return true;
    return false;
}

/* "X-Api-Key" has the words x, api, key. */
static bool names_credential(struct piece name)
{
    static const char *const parts[] = {"authori", "cookie", "token",      "secret",
                                        "passw",   "apikey", "credential", "bearer"};
    static const char *const words[] = {"auth", "key", "keys", "jwt", "session"};

    for (size_t i = 0; i < ELEMENTS(parts); i++)
        if (has_part(name, parts[i]))
            return true;
    for (size_t at = 0, end; at < name.length; at = end + 1) {
        for (end = at; end < name.length && g_ascii_isalnum(name.at[end]); end++)
            ;
        if (is_one_of((struct piece){name.at + at, end - at}, words, ELEMENTS(words)))
            return true;
    }
    return false;
}

static bool is_credential(struct piece value)
{
    static const char *const schemes[] = {"basic", "bearer", "digest", "negotiate", "token"};
    const char *blank = memchr(value.at, ' ', value.length);

    return blank && is_one_of((struct piece){value.at, (size_t)(blank - value.at)}, schemes,
                              ELEMENTS(schemes));
}

bool vane_header_is_credential(const char *header)
{
    const char *colon = strchrnul(header, ':');
    struct piece value = {colon, strlen(colon)};

    if (value.length > 0) {
        value.at++;
        value.length--;
    }
    return names_credential((struct piece){header, (size_t)(colon - header)}) ||
           is_credential(strip(value));
}

static bool is_value(struct piece value)
{
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
            return false;
    return value.length > 0;
}

static const char *complaint(struct piece name, struct piece value)
{
    if (!is_token(name))
        return "the name of a header is missing, or has letters that no name has";
    if (is_ours(name))
        return "it sets a header that is set by itself";
    if (!is_value(value))
        return "the value of a header is empty, or has control characters";
    return NULL;
}

static char *join(struct piece name, struct piece value)
{
    char *header = sodium_malloc(name.length + 2 + value.length + 1);

    if (!header)
        return NULL;
    memcpy(header, name.at, name.length);
    memcpy(header + name.length, ": ", 2);
    memcpy(header + name.length + 2, value.at, value.length);
    header[name.length + 2 + value.length] = '\0';
    return header;
}

static int add(struct piece line, GPtrArray *headers, const char **why)
{
    const char *colon = memchr(line.at, ':', line.length);
    struct piece name, value;
    char *header;

    *why = "a header looks like Name: value";
    if (!colon)
        return -EINVAL;
    name = strip((struct piece){line.at, (size_t)(colon - line.at)});
    value = strip((struct piece){colon + 1, (size_t)(line.at + line.length - colon) - 1});
    *why = complaint(name, value);
    if (*why)
        return -EINVAL;
    header = join(name, value);
    *why = "there is no memory that is kept out of core dumps";
    if (!header)
        return -ENOMEM;
    g_ptr_array_add(headers, header);
    return 0;
}

int vane_headers_parse(const char *text, size_t length, char separator, GPtrArray *headers,
                       const char **why)
{
    const char *end = text + length;
    int r = 0;

    while (r == 0 && text) {
        const char *next = memchr(text, separator, (size_t)(end - text));
        struct piece line = {text, (size_t)((next ? next : end) - text)};

        if (separator != '\n' || strip(line).length > 0)
            r = add(line, headers, why);
        text = next ? next + 1 : NULL;
    }
    return r;
}
