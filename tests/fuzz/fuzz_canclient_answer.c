/* Any bytes as what a CAN daemon answers (both forms) and as what the kernel says about links. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "client/answer.h"
#include "client/link-message.h"
#include "lib/text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t room)
{
    const char *end = memchr(text, '\0', room);

    g_assert(end && vane_utf8_valid(text, (size_t)(end - text)));
    for (; *text; text++)
        g_assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_answer(int taken, size_t size, const struct vane_canlib_answer *answer)
{
    g_assert(taken == -EPROTO || (taken >= 0 && (size_t)taken <= size));
    if (taken <= 0)
        return;
    check_text(answer->message, sizeof(answer->message));
    check_text(answer->version, sizeof(answer->version));
    g_assert(memchr(answer->info.name, '\0', sizeof(answer->info.name)));
    g_assert(memchr(answer->info.kind, '\0', sizeof(answer->info.kind)));
    g_assert(answer->info.size == sizeof(answer->info));
}

/* As the library reads a stream: one after the other, until there is no more. */
static void read_stream(int (*parse)(const void *, size_t, struct vane_canlib_answer *),
                        const uint8_t *data, size_t size)
{
    struct vane_canlib_answer answer;
    int taken;

    do {
        taken = parse(data, size, &answer);
        check_answer(taken, size, &answer);
        data += taken > 0 ? taken : 0;
        size -= taken > 0 ? (size_t)taken : 0;
    } while (taken > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vane_canlib_link_message message;
    const uint8_t *at = data;
    size_t left = size;

    read_stream(vane_canlib_answer_parse, data, size);
    read_stream(vane_canlib_classic_answer_parse, data, size);
    while (vane_canlib_link_next(&at, &left, &message) > 0)
        g_assert(memchr(message.name, '\0', sizeof(message.name)) && left < size);
    return 0;
}
