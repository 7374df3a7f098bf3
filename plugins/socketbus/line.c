/* Shared lines. See line.h. */
#include "plugins/socketbus/line.h"

#include <string.h>

#include <glib.h>

#include "lib/cloudevent.h"
#include "lib/json/writer.h"

static uint64_t memory;

uint64_t vane_lines_memory(void)
{
    return memory;
}

static struct vane_line *new_line(uint64_t seq)
{
    struct vane_line *line = g_new0(struct vane_line, 1);

    line->refs = 1;
    line->seq = seq;
    memory += sizeof(*line);
    return line;
}

struct vane_line *vane_line_of_event(const struct vane_bus *bus, const struct vane_event *event)
{
    const char *json;
    size_t length;
    struct vane_line *line;

    if (bus->event_json(event, &json, &length) < 0)
        return NULL;
    line = new_line(bus->event_seq(event));
    line->time = bus->event_monotonic(event);
    line->bus = bus;
    line->event = bus->event_ref(event);
    line->json = json;
    line->json_length = length;
    line->topic = bus->event_topic(event);
    memory += length;
    return line;
}

struct vane_line *vane_line_of_text(const char *json, size_t length, const char *topic,
                                    uint64_t seq)
{
    struct vane_line *line = new_line(seq);
    size_t topic_length = strlen(topic);

    line->own = g_malloc(length + topic_length + 2);
    memcpy(line->own, json, length);
    line->own[length] = '\0';
    memcpy(line->own + length + 1, topic, topic_length + 1);
    line->json = line->own;
    line->json_length = length;
    line->topic = line->own + length + 1;
    memory += length;
    return line;
}

struct vane_line *vane_line_of_loss(uint64_t first, uint64_t last)
{
    struct vane_line *line = new_line(last);

    line->lost_first = first;
    return line;
}

struct vane_line *vane_line_ref(struct vane_line *line)
{
    line->refs++;
    return line;
}

void vane_line_unref(struct vane_line *line)
{
    if (!line || --line->refs > 0)
        return;
    memory -= sizeof(*line) + line->json_length;
    for (unsigned i = 0; i < VANE_FORMATS; i++) {
        memory -= line->length[i];
        g_free(line->text[i]);
    }
    if (line->event)
        line->bus->event_unref(line->event);
    g_free(line->own);
    g_free(line->interface_type);
    g_free(line);
}

/* The machine's name is asked once: it is part of what a reader tells sources apart by. */
static const char *source(void)
{
    static char *name;

    if (!name)
        name = vane_cloudevent_source();
    return name;
}

static char *render(struct vane_line *line, enum vane_format format, size_t *length)
{
    switch (format) {
    case VANE_FORMAT_CLOUDEVENTS:
        return vane_cloudevent(line->json, line->json_length, source(), length);
    case VANE_FORMAT_HALOX:
        return line->halox == VANE_HALOX_NONE
                   ? NULL
                   : vane_halox_render(line->halox, line->json, line->json_length,
                                       line->interface_type, length);
    case VANE_FORMAT_NATIVE:
        break;
    }
    return NULL;
}

const char *vane_line_text(struct vane_line *line, enum vane_format format, size_t *length)
{
    if (format == VANE_FORMAT_NATIVE) {
        *length = line->json_length;
        return line->json;
    }
    if (!line->text[format]) {
        line->text[format] = render(line, format, &line->length[format]);
        memory += line->length[format];
    }
    *length = line->length[format];
    return line->text[format];
}

char *vane_line_gap(const char *epoch, uint64_t from, uint64_t to, size_t *length)
{
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    vane_json_key(&json, "gap");
    vane_json_object_begin(&json);
    if (epoch)
        vane_json_member_string(&json, "epoch", epoch);
    vane_json_member_uint64(&json, "from", from);
    vane_json_member_uint64(&json, "to", to);
    vane_json_object_end(&json);
    vane_json_object_end(&json);
    return vane_json_steal(&json, length);
}
