/* Any bytes as a stream of the second form: refused with a reason, or a request whose parts are
 * what they claim to be, and which comes back the same when it is written anew. */
#include <string.h>

#include <glib.h>

#include "lib/can/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_text(unsigned type)
{
    return type == VANE_WIRE_NAME || type == VANE_WIRE_KIND || type == VANE_WIRE_PEER;
}

static const char *text_of(const struct vane_wire_request *request, unsigned type)
{
    if (type == VANE_WIRE_NAME)
        return request->name;
    return type == VANE_WIRE_KIND ? request->kind : request->peer;
}

static void check_again(const struct vane_wire_request *request)
{
    const struct vane_wire_head head = {.operation = request->operation, .id = request->id};
    struct vane_wire_request again;
    struct vane_wire_writer writer;
    uint8_t out[VANE_WIRE_HEAD + VANE_WIRE_REQUEST_MAX];
    size_t length;

    vane_wire_begin(&writer, out, sizeof(out), &head);
    for (uint16_t type = 1; type <= VANE_WIRE_REQUEST_LAST; type++) {
        if (!(request->present & (1u << type)))
            continue;
        if (is_text(type))
            vane_wire_put_text(&writer, type, text_of(request, type));
        else
            vane_wire_put_u32(&writer, type, request->numbers[type]);
    }
    length = vane_wire_end(&writer);
    g_assert(length > 0);
    g_assert(vane_wire_parse(out, length, &again) == (int)length);
    g_assert(memcmp(request, &again, sizeof(again)) == 0);
}

static void check(const struct vane_wire_request *request)
{
    if (request->code != VANE_WIRE_OK) {
        g_assert(request->complaint && *request->complaint);
        return;
    }
    g_assert(vane_wire_operation_name(request->operation));
    g_assert(!request->name[0] || !vane_wire_name_complaint(request->name, strlen(request->name)));
    g_assert(memchr(request->name, '\0', sizeof(request->name)));
    g_assert(memchr(request->peer, '\0', sizeof(request->peer)));
    g_assert(memchr(request->kind, '\0', sizeof(request->kind)));
    check_again(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    while (size > 0) {
        struct vane_wire_request request;
        int taken;

        memset(&request, 0, sizeof(request));
        taken = vane_wire_parse(data, size, &request);
        if (taken == 0)
            return 0;
        check(&request);
        if (taken < 0)
            return 0;
        g_assert((size_t)taken <= size);
        data += taken;
        size -= (size_t)taken;
    }
    return 0;
}
