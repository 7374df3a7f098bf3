/* Any bytes as a classic stream: each request lies within them, and answers come back as written.
 */
#include <string.h>

#include <glib.h>

#include "lib/can/wire.h"
#include "lib/text/utf8.h"
#include "plugins/vcan/mark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct vane_wire_classic_request *request)
{
    if (vane_wire_name_complaint(request->name, request->name_length))
        return;
    g_assert(request->name_length >= 1 && request->name_length <= VANE_WIRE_NAME_MAX);
    g_assert(!memchr(request->name, '/', request->name_length));
    g_assert(!memchr(request->name, '\0', request->name_length));
    g_assert(vane_utf8_valid((const char *)request->name, request->name_length));
}

static void check_answers(const uint8_t *data, size_t size)
{
    struct vane_wire_classic_answer answer;
    uint8_t out[VANE_WIRE_CLASSIC_ANSWER_HEAD + UINT16_MAX];

    for (int big_endian = 0; big_endian < 2; big_endian++) {
        size_t taken = vane_wire_classic_answer_parse(data, size, big_endian, &answer);
        g_autofree char *message = NULL;

        g_assert(taken <= size);
        if (taken == 0)
            continue;
        message = g_strndup((const char *)answer.message, answer.message_length);
        taken = vane_wire_classic_answer_put(out, sizeof(out), answer.code, message, big_endian);
        g_assert(taken == VANE_WIRE_CLASSIC_ANSWER_HEAD + strlen(message));
    }
}

/* The alias of a link is bytes from outside, too. */
static void check_mark(const uint8_t *data, size_t size)
{
    g_autofree char *alias = g_strndup((const char *)data, size);
    struct vane_mark mark, again;
    char text[VANE_MARK_SIZE];

    if (!vane_mark_read(alias, &mark))
        return;
    vane_mark_write(&mark, text);
    g_assert(vane_mark_read(text, &again));
    g_assert(mark.uid == again.uid && mark.lease == again.lease && mark.until == again.until);
    g_assert(strcmp(mark.socket, again.socket) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_wire_classic_request request;
    size_t taken;

    check_answers(data, size);
    check_mark(data, size);
    for (; (taken = vane_wire_classic_parse(data, size, &request)) > 0; data += taken) {
        g_assert(taken == 2u + request.name_length && taken <= size);
        g_assert(request.name >= data && request.name + request.name_length <= data + size);
        check_name(&request);
        size -= taken;
    }
    return 0;
}
