/* Who sent a message: NATS does not tell, a signature does. See request.h. */
#include <errno.h>
#include <string.h>

#include "lib/text/hex.h"
#include "plugins/cluster/presence.h"
#include "plugins/cluster/request.h"

static const char *word_for(int error)
{
    switch (error) {
    case -ESTALE:
        return "the message was signed before this agent started; ask again";
    case -EALREADY:
        return "the message was seen already";
    case -ENOBUFS:
        return "too many signed messages come, of this key or of all";
    case -EBADMSG:
        return "the signature is not of this key for this message";
    default:
        return "the headers of the signature are not well-formed";
    }
}

static void explain(struct vane_sender *sender, int error, int64_t signed_ms)
{
    int64_t ahead_ms = signed_ms - g_get_real_time() / 1000;
    g_autofree char *distance = vane_troubles_distance(ahead_ms);

    if (error != -ETIME)
        g_strlcpy(sender->why, word_for(error), sizeof(sender->why));
    else
        g_snprintf(
            sender->why, sizeof(sender->why),
            "the message was signed at a time that is %s the clock of this machine, and 30 s "
            "are allowed; are the clocks right?",
            distance);
}

/* Anybody makes himself a key. What strangers sign must not take the room of those who have
 * rights, so they have a table of their own. 1: it is full, and who this is does not matter. */
static int admit(struct vane_cluster *cluster, const char *key, const char *nonce,
                 int64_t signed_ms)
{
    bool known = vane_access_names(&cluster->options, key);
    int r = vane_replay_admit(known ? cluster->known : cluster->strangers, key, nonce, signed_ms,
                              g_get_real_time() / 1000);

    return r == -ENOBUFS && !known ? 1 : r;
}

/* 0, 1 as above, or negative errno. */
static int verify(struct vane_cluster *cluster, const struct vane_nats_message *message,
                  const char *key, const char **nonce, int64_t *signed_ms)
{
    const char *const *names = vane_signed_headers(VANE_SIGNED_REQUEST);
    struct vane_signed_parts parts = {
        .subject = message->subject,
        .inbox = message->reply,
        .time = vane_nats_header(cluster->nats, message, VANE_SIGNED_TIME),
        .nonce = vane_nats_header(cluster->nats, message, VANE_SIGNED_NONCE),
        .body = message->body,
        .body_length = message->length,
    };
    int r;

    for (size_t i = 0; names[i]; i++)
        parts.headers[i] = vane_nats_header(cluster->nats, message, names[i]);
    r = vane_signed_verify(VANE_SIGNED_REQUEST, &parts, key,
                           vane_nats_header(cluster->nats, message, VANE_SIGNED_SIGNATURE));
    if (r < 0)
        return r;
    *nonce = parts.nonce;
    (void)vane_signed_time(parts.time, signed_ms);
    return admit(cluster, key, parts.nonce, *signed_ms);
}

/* Who does not sign may still want to know who answers. */
static void take_nonce(struct vane_sender *sender, const char *nonce)
{
    uint8_t bytes[VANE_NONCE_LENGTH / 2];

    if (nonce && vane_text_unhex(nonce, bytes, sizeof(bytes)) == 0)
        g_strlcpy(sender->nonce, nonce, sizeof(sender->nonce));
}

int vane_sender_verify(struct vane_cluster *cluster, const struct vane_nats_message *message,
                       struct vane_sender *sender)
{
    const char *key = vane_nats_header(cluster->nats, message, VANE_SIGNED_KEY);
    const char *nonce = NULL;
    int64_t signed_ms = 0;
    int r;

    *sender = (struct vane_sender){0};
    if (!key) {
        take_nonce(sender, vane_nats_header(cluster->nats, message, VANE_SIGNED_NONCE));
        return 0;
    }
    r = verify(cluster, message, key, &nonce, &signed_ms);
    if (r < 0) {
        cluster->counters.unverified++;
        explain(sender, r, signed_ms);
        return r;
    }
    if (r == 0)
        g_strlcpy(sender->nkey, key, sizeof(sender->nkey));
    g_strlcpy(sender->nonce, nonce, sizeof(sender->nonce));
    return 0;
}
