/* What is sent. See body.h. */
#include "plugins/webhook/body.h"

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <sodium.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/cloudevent.h"
#include "lib/json/reader.h"
#include "lib/json/writer.h"
#include "lib/text/hex.h"

#define ID_BYTES 16u

static const struct {
    const char *word;
    const char *content_type, *batch_type;
} formats[] = {
    [VANE_WEBHOOK_STANDARD] = {"standard", "application/json", "application/json"},
    [VANE_WEBHOOK_CLOUDEVENTS] = {"cloudevents", "application/cloudevents+json; charset=UTF-8",
                                  "application/cloudevents-batch+json; charset=UTF-8"},
    [VANE_WEBHOOK_PILOT] = {"pilot", "application/json", NULL},
};

int vane_webhook_format_parse(const char *word, enum vane_webhook_format *format)
{
    for (size_t i = 0; i < ELEMENTS(formats); i++)
        if (strcmp(word, formats[i].word) == 0) {
            *format = (enum vane_webhook_format)i;
            return 0;
        }
    return -EINVAL;
}

const char *vane_webhook_format_word(enum vane_webhook_format format)
{
    return formats[format].word;
}

const char *vane_webhook_content_type(enum vane_webhook_format format, bool batch)
{
    return batch ? formats[format].batch_type : formats[format].content_type;
}

bool vane_webhook_has_batches(enum vane_webhook_format format)
{
    return formats[format].batch_type != NULL;
}

/* The members of an event that are sent on; an absent one is empty. */
enum part { ID, TOPIC, TIME, CAUSE, PAYLOAD, PARTS };

static const char *const part_names[PARTS] = {"id", "topic", "time", "cause", "payload"};

/* In one walk: a payload may be long. */
static bool take_apart(const char *event, size_t length, struct vane_json_view parts[PARTS])
{
    struct vane_json_cursor cursor = vane_json_walk(vane_json_root(event, length));
    struct vane_json_view key, value;

    while (vane_json_next_member(&cursor, &key, &value))
        for (size_t i = 0; i < PARTS; i++)
            if (vane_json_equals(key, part_names[i]))
                parts[i] = value;
    return parts[ID].len > 0 && parts[TOPIC].len > 0 && parts[PAYLOAD].len > 0;
}

static void copy(struct vane_json *out, struct vane_json_view part, const char *as)
{
    if (part.len == 0)
        return;
    vane_json_key(out, as);
    vane_json_raw(out, part.at, part.len);
}

static void write_standard(struct vane_json *out, const struct vane_json_view parts[PARTS])
{
    copy(out, parts[ID], "id");
    copy(out, parts[TOPIC], "type");
    copy(out, parts[TIME], "timestamp");
    copy(out, parts[CAUSE], "cause");
    copy(out, parts[PAYLOAD], "data");
}

static void write_pilot(struct vane_json *out, const struct vane_json_view parts[PARTS],
                        uint32_t node_id)
{
    copy(out, parts[ID], "event_id");
    copy(out, parts[TOPIC], "event");
    vane_json_member_uint64(out, "node_id", node_id);
    copy(out, parts[TIME], "timestamp");
    copy(out, parts[PAYLOAD], "data");
}

char *vane_webhook_body(enum vane_webhook_format format, const char *event, size_t length,
                        const struct vane_webhook_sender *sender, size_t *body_length)
{
    struct vane_json_view parts[PARTS] = {0};
    struct vane_json out = {0};

    if (!take_apart(event, length, parts))
        return NULL;
    if (format == VANE_WEBHOOK_CLOUDEVENTS)
        return vane_cloudevent(event, length, sender->source, body_length);
    vane_json_object_begin(&out);
    if (format == VANE_WEBHOOK_PILOT)
        write_pilot(&out, parts, sender->node_id);
    else
        write_standard(&out, parts);
    vane_json_object_end(&out);
    return vane_json_steal(&out, body_length);
}

/* ---- batches ---- */

char *vane_webhook_batch(enum vane_webhook_format format, const struct vane_webhook_text *events,
                         size_t count, const struct vane_webhook_sender *sender,
                         size_t *body_length)
{
    _cleanup_(vane_json_clear) struct vane_json out = {0};

    vane_json_array_begin(&out);
    for (size_t i = 0; i < count; i++) {
        size_t length;
        g_autofree char *body =
            vane_webhook_body(format, events[i].json, events[i].length, sender, &length);

        if (!body)
            return NULL;
        vane_json_raw(&out, body, length);
    }
    vane_json_array_end(&out);
    return vane_json_steal(&out, body_length);
}

char *vane_webhook_batch_id(const struct vane_webhook_text *events, size_t count)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char digits[2 * ID_BYTES + 1];
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++) /* with its NUL, so that ids stay apart */
        crypto_hash_sha256_update(&state, (const uint8_t *)events[i].id, strlen(events[i].id) + 1);
    crypto_hash_sha256_final(&state, hash);
    vane_text_hex(hash, ID_BYTES, digits);
    return g_strconcat("batch-", digits, NULL);
}
