/* Any bytes as a request line: refused with a sentence, or a struct whose parts hold together. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/text/utf8.h"
#include "plugins/socketbus/filter.h"
#include "plugins/socketbus/glob.h"
#include "plugins/socketbus/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(int r, const struct vane_request_error *error)
{
    g_assert(r == -EINVAL || r == -EBADMSG);
    g_assert(error->message[0]);
    g_assert(memchr(error->member, '\0', sizeof(error->member)));
    g_assert(memchr(error->message, '\0', sizeof(error->message)));
}

static void check_request(const struct vane_stream_request *request)
{
    g_assert(request->patterns);
    g_assert(strspn(request->patterns, "abcdefghijklmnopqrstuvwxyz0123456789_-.*> ") ==
             strlen(request->patterns));
    for (size_t i = 0; i < request->where_count; i++) {
        g_assert(request->where[i].member[0]);
        (void)vane_glob_match(request->where[i].glob, request->where[i].glob);
        (void)vane_glob_match(request->where[i].glob, "an eth0 or a wlan0 [x]");
    }
    if (request->since.kind == VANE_SINCE_ID)
        g_assert(strlen(request->since.epoch) == 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_stream_request request = {0};
    struct vane_request_error error = {0};
    struct vane_filter filter;
    int r = vane_request_parse((const char *)data, size, &request, &error);

    if (r < 0) {
        check_error(r, &error);
        g_assert(!request.patterns && !request.where);
        return 0;
    }
    check_request(&request);
    vane_filter_init(&filter, &request, false);
    g_assert(filter.key && !request.patterns);
    vane_filter_clear(&filter);
    vane_request_clear(&request);
    return 0;
}
