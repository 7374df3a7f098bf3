/* Headers of a signed message, a line each: key, time, nonce, signature; then the body. Whatever
 * they are, they are no signature. */
#include <errno.h>

#include <glib.h>

#include "lib/keys/replay.h"
#include "lib/keys/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 6);
    guint count = g_strv_length(lines);
    struct vane_signed_parts parts = {.subject = "a.b", .body = data, .body_length = size};
    static struct vane_replay *replay;
    int64_t time;
    int r;

    if (!replay)
        replay = vane_replay_new(30000, 0, 65536, 8192);
    parts.time = count > 1 ? lines[1] : NULL;
    parts.nonce = count > 2 ? lines[2] : NULL;
    parts.headers[0] = count > 4 ? lines[4] : NULL;
    r = vane_signed_verify(VANE_SIGNED_REQUEST, &parts, count > 0 ? lines[0] : NULL,
                           count > 3 ? lines[3] : NULL);
    g_assert(r == -EINVAL || r == -EBADMSG);
    if (r == -EBADMSG) {
        g_assert(vane_signed_time(parts.time, &time) == 0 && time >= 0);
        (void)vane_replay_admit(replay, lines[0], parts.nonce, time, time);
    }
    return 0;
}
