/*
 * Any bytes through the scanner; what it accepts, through the reader into the writer and through
 * the scanner again, which must accept it in every format. Rendering is stable: a copy of the copy
 * is the copy.
 */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/json/copy.h"
#include "lib/json/scanner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vane_json_limits limits = {
    .size = 1 << 24, .depth = VANE_JSON_DEPTH_MAX, .members = 4096, .uint64 = true};

static char *render(const char *text, size_t len, unsigned flags, size_t *rendered)
{
    _cleanup_(vane_json_clear) struct vane_json json;

    vane_json_init(&json, flags);
    vane_json_copy(&json, vane_json_root(text, len));
    return vane_json_steal(&json, rendered);
}

static void check_round_trip(const char *text, size_t len, unsigned flags)
{
    size_t first_length, second_length;
    g_autofree char *first = render(text, len, flags, &first_length);
    g_autofree char *second = render(first, first_length, flags, &second_length);

    g_assert(vane_json_scan(first, first_length, &limits, NULL) == 0);
    g_assert(first_length == second_length && memcmp(first, second, first_length) == 0);
}

/* Every getter on every kind of value, and on garbage: no harm, and what an accepted number says is
 * readable. */
static void try_getters(const char *text, size_t len, bool accepted)
{
    struct vane_json_view root = vane_json_root(text, len), value;
    g_autofree char *string = NULL;
    int64_t number;
    uint64_t large;
    double real;
    bool truth;

    vane_json_find(root, "a", &value);
    vane_json_get_bool(root, &truth);
    vane_json_get_string(root, &string);
    if (vane_json_get_int64(root, &number) < 0 && vane_json_get_uint64(root, &large) < 0)
        g_assert(!accepted || vane_json_type_of(root) != VANE_JSON_INTEGER);
    if (vane_json_get_double(root, &real) < 0)
        g_assert(!accepted || vane_json_type_of(root) != VANE_JSON_DOUBLE);
}

/* Strings go in as bytes: the result is JSON whatever they are, but for NUL, which only we may
 * write. */
static void check_string(const char *bytes, size_t len, unsigned flags)
{
    _cleanup_(vane_json_clear) struct vane_json json;
    size_t length;

    vane_json_init(&json, flags);
    vane_json_string_len(&json, bytes, len);
    vane_json_text(&json, &length);
    if (!memchr(bytes, '\0', len))
        g_assert(vane_json_scan(json.text, length, &limits, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned formats[] = {0, VANE_JSON_ASCII, VANE_JSON_PYTHON};
    const char *text = (const char *)data;
    struct vane_json_error error;
    int r = size ? vane_json_scan(text, size, &limits, &error) : -1;

    if (!size)
        return 0;
    if (r < 0)
        g_assert(error.offset <= size && error.line && error.column && error.reason);
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        check_string(text, size, formats[i]);
        if (r == 0)
            check_round_trip(text, size, formats[i]);
    }
    /* Deep garbage would only exhaust the stack of the copy, which is for scanned text. */
    try_getters(text, size, r == 0);
    return 0;
}
