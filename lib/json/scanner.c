/* The scanner's grammar: values, containers, limits. One loop with a stack of its own, no
 * recursion. */
#include "lib/json/scanner.h"

#include <glib.h>
#include <string.h>

#include "lib/json/keys.h"
#include "lib/json/scan-internal.h"

struct container {
    char closer;
    unsigned members;
    size_t first_key;
};

struct document {
    struct vane_json_scan scan;
    struct vane_json_limits limits;
    struct vane_json_keys keys;
    struct container stack[VANE_JSON_DEPTH_MAX];
    unsigned depth;
};

/* What a step leaves behind. */
enum { DONE = 0, VALUE_FOLLOWS = 1 };

static int refuse(struct document *document, int error, const char *reason)
{
    return vane_json_refuse(&document->scan, document->scan.at, error, reason);
}

/* The byte after white space, or 0 at the end: a NUL in the text is no token either. */
static char peek(struct document *document)
{
    struct vane_json_scan *scan = &document->scan;

    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
    return scan->at < scan->end ? *scan->at : '\0';
}

static struct container *innermost(struct document *document)
{
    return &document->stack[document->depth - 1];
}

/* A key and its colon. */
static int scan_key(struct document *document)
{
    struct vane_json_scan *scan = &document->scan;
    bool escaped;
    int r;

    if (peek(document) != '"')
        return refuse(document, -EINVAL, "expected a key in double quotes");
    if (++innermost(document)->members > document->limits.members)
        return refuse(document, -E2BIG, "an object with too many members");
    const char *source = scan->at + 1;
    r = vane_json_scan_string(scan, &escaped);
    if (r < 0)
        return r;
    vane_json_keys_push(&document->keys, source, (size_t)(scan->at - 1 - source), escaped);
    if (peek(document) != ':')
        return refuse(document, -EINVAL, "expected ':'");
    scan->at++;
    return VALUE_FOLLOWS;
}

static int close_container(struct document *document)
{
    const char *duplicate = vane_json_keys_close(&document->keys, innermost(document)->first_key);

    if (duplicate)
        return vane_json_refuse(&document->scan, duplicate - 1, -EEXIST,
                                "a key that this object has already");
    document->scan.at++;
    document->depth--;
    return DONE;
}

static int open_container(struct document *document, char closer)
{
    if (document->depth >= MIN(document->limits.depth, VANE_JSON_DEPTH_MAX))
        return refuse(document, -E2BIG, "containers nested too deeply");
    document->stack[document->depth++] =
        (struct container){.closer = closer, .first_key = document->keys.count};
    document->scan.at++;
    if (peek(document) == closer)
        return close_container(document);
    return closer == '}' ? scan_key(document) : VALUE_FOLLOWS;
}

static int scan_word(struct document *document, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(document->scan.end - document->scan.at) < len ||
        memcmp(document->scan.at, word, len) != 0)
        return refuse(document, -EINVAL, "expected a value");
    document->scan.at += len;
    return DONE;
}

static int scan_value(struct document *document)
{
    bool escaped;
    char first = peek(document);

    switch (first) {
    case '{':
        return open_container(document, '}');
    case '[':
        return open_container(document, ']');
    case '"':
        return vane_json_scan_string(&document->scan, &escaped);
    case 't':
        return scan_word(document, "true");
    case 'f':
        return scan_word(document, "false");
    case 'n':
        return scan_word(document, "null");
    default:
        if (first == '-' || g_ascii_isdigit(first))
            return vane_json_scan_number(&document->scan);
        return refuse(document, -EINVAL, "expected a value");
    }
}

/* Closes what ends here; a comma means that one more value follows. */
static int after_value(struct document *document)
{
    while (document->depth > 0) {
        char closer = innermost(document)->closer, next = peek(document);

        if (next == ',') {
            document->scan.at++;
            return closer == '}' ? scan_key(document) : VALUE_FOLLOWS;
        }
        if (next != closer)
            return refuse(document, -EINVAL,
                          closer == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        int r = close_container(document);
        if (r < 0)
            return r;
    }
    peek(document);
    return document->scan.at == document->scan.end
               ? DONE
               : refuse(document, -EINVAL, "text after the end of the value");
}

static int scan_document(struct document *document)
{
    int r;

    do {
        r = scan_value(document);
        if (r == DONE)
            r = after_value(document);
    } while (r == VALUE_FOLLOWS);
    return r;
}

static void locate(const char *text, const struct vane_json_scan *scan,
                   struct vane_json_error *error)
{
    *error = (struct vane_json_error){.offset = (size_t)(scan->refused_at - text),
                                      .line = 1,
                                      .column = 1,
                                      .reason = scan->reason};
    for (const char *at = text; at < scan->refused_at; at++) {
        if (*at == '\n') {
            error->line++;
            error->column = 1;
        } else if (((unsigned char)*at & 0xc0) != 0x80) {
            error->column++;
        }
    }
}

int vane_json_scan(const char *text, size_t len, const struct vane_json_limits *limits,
                   struct vane_json_error *error)
{
    struct document document;
    int r;

    /* The stack needs no clearing, and would cost more than a short text. */
    document.limits = limits ? *limits : VANE_JSON_LIMITS_DEFAULT;
    document.scan = (struct vane_json_scan){.at = text,
                                            .end = text + len,
                                            .uint64 = document.limits.uint64,
                                            .nul = document.limits.nul};
    document.keys = (struct vane_json_keys){0};
    document.depth = 0;
    if (len > document.limits.size)
        r = refuse(&document, -E2BIG, "a text that is too long");
    else
        r = scan_document(&document);
    vane_json_keys_clear(&document.keys);
    if (r < 0 && error)
        locate(text, &document.scan, error);
    return r;
}
