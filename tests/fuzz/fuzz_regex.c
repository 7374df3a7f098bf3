/* Any expression, any text: bounded, and the same verdict on a text twice over. */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "lib/regex/regex.h"
#include "lib/text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = memchr(data, '\n', size);
    struct vane_regex_error error = {0};
    struct vane_regex *regex;
    size_t len;

    if (!end || size > 2000 || !vane_utf8_valid(text, size))
        return 0;
    len = (size_t)(end - text);
    regex = vane_regex_new(text, len, &error);
    if (!regex) {
        g_assert(error.reason && error.offset <= len);
        return 0;
    }
    g_assert(vane_regex_size(regex) <= VANE_REGEX_SIZE_MAX + 1);
    g_autofree void *room = g_malloc(vane_regex_room(regex));
    memset(room, 0xff, vane_regex_room(regex));
    bool matches = vane_regex_search(regex, end + 1, size - len - 1, room);
    g_assert(vane_regex_search(regex, end + 1, size - len - 1, room) == matches);
    vane_regex_free(regex);
    return 0;
}
