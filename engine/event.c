/* Events: references and the rendered form. See event.h. */
#include "engine/event.h"

#include <time.h>

#include <glib.h>

static struct vane_event *mutable(const struct vane_event *event)
{
    return (struct vane_event *)(uintptr_t)event;
}

const struct vane_event *vane_event_ref(const struct vane_event *event)
{
    mutable(event)->refs++;
    return event;
}

void vane_event_unref(const struct vane_event *event)
{
    if (!event || --mutable(event)->refs > 0)
        return;
    vane_payload_unref(event->payload);
    g_free(event->json);
    g_free(mutable(event));
}

/* RFC 3339 in UTC with nanoseconds. */
static void format_time(int64_t time_ns, char text[32])
{
    time_t seconds = (time_t)(time_ns / 1000000000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    g_snprintf(text, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", tm.tm_year + 1900, tm.tm_mon + 1,
               tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(time_ns % 1000000000));
}

static char *render(const struct vane_event *event, size_t *length)
{
    struct vane_json json = {0};
    const char *payload;
    size_t payload_length;
    char time[32];

    format_time(event->time_ns, time);
    vane_payload_json(event->payload, &payload, &payload_length);
    vane_json_object_begin(&json);
    vane_json_member_uint64(&json, "seq", event->seq);
    vane_json_key(&json, "epoch");
    vane_json_string_len(&json, event->id, 16);
    vane_json_member_string(&json, "id", event->id);
    vane_json_member_string(&json, "time", time);
    vane_json_member_uint64(&json, "monotonic_ns", event->monotonic_ns);
    vane_json_member_string(&json, "topic", event->topic);
    if (event->cause[0])
        vane_json_member_string(&json, "cause", event->cause);
    vane_json_key(&json, "payload");
    vane_json_raw(&json, payload, payload_length);
    vane_json_object_end(&json);
    return vane_json_steal(&json, length);
}

int vane_event_json(const struct vane_event *event, const char **text, size_t *length)
{
    if (!event->json) {
        size_t rendered;

        mutable(event)->json = render(event, &rendered);
        mutable(event)->json_length = (uint32_t)rendered;
    }
    *text = event->json;
    if (length)
        *length = event->json_length;
    return 0;
}
