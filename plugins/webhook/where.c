/* Where=: which events an endpoint wants, beyond their topics. See where.h. */
#include "plugins/webhook/where.h"

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/cel/field.h"

enum { SLOT_TOPIC, SLOT_ID, SLOT_SEQ, SLOT_TIME, SLOT_CAUSE };

static const struct vane_cel_name names[] = {
    [SLOT_TOPIC] = {"topic", VANE_CEL_STRING, false},
    [SLOT_ID] = {"id", VANE_CEL_STRING, false},
    [SLOT_SEQ] = {"seq", VANE_CEL_INT, false},
    [SLOT_TIME] = {"time", VANE_CEL_TIMESTAMP, false},
    [SLOT_CAUSE] = {"cause", VANE_CEL_STRING, true},
};

struct vane_where {
    struct vane_cel_program *program;
    struct vane_cel_scratch *scratch;
};

/* An event that is looked at. */
struct looking {
    const struct vane_where *where;
    const struct vane_bus *bus;
    const struct vane_event *event;
};

struct vane_where *vane_where_new(const char *text, char **why)
{
    const struct vane_cel_environment environment = {
        .names = names,
        .n_names = ELEMENTS(names),
        .flags = VANE_CEL_UNKNOWN_NAMES | VANE_CEL_CONDITION,
    };
    struct vane_cel_error error = {0};
    struct vane_where *where;
    struct vane_cel_program *program = vane_cel_compile(text, strlen(text), &environment, &error);

    if (!program) {
        *why = g_strdup_printf("column %zu: %s", error.column, error.message);
        vane_cel_error_clear(&error);
        return NULL;
    }
    where = g_new0(struct vane_where, 1);
    where->program = program;
    where->scratch = vane_cel_scratch_new();
    return where;
}

void vane_where_free(struct vane_where *where)
{
    if (!where)
        return;
    vane_cel_program_free(where->program);
    vane_cel_scratch_free(where->scratch);
    g_free(where);
}

static struct vane_cel_value text_value(const char *text)
{
    return text ? vane_cel_string(text, strlen(text))
                : (struct vane_cel_value){.kind = VANE_CEL_ABSENT};
}

static struct vane_cel_value member_value(const struct looking *looking, size_t slot,
                                          struct vane_cel_scratch *scratch)
{
    const struct vane_payload *payload = looking->bus->event_payload(looking->event);
    const char *name = vane_cel_program_name(looking->where->program, slot);
    struct vane_field field;

    for (uint32_t i = 0; looking->bus->member(payload, i, &field, sizeof(field)) == 0; i++)
        if (strcmp(field.name, name) == 0)
            return vane_cel_field(&field, scratch);
    return (struct vane_cel_value){.kind = VANE_CEL_ABSENT};
}

static struct vane_cel_value time_value(const struct looking *looking)
{
    int64_t ns = looking->bus->event_time(looking->event);

    return vane_cel_timestamp(ns / 1000000000, (uint32_t)(ns % 1000000000));
}

static struct vane_cel_value lookup(void *data, size_t slot, struct vane_cel_scratch *scratch)
{
    const struct looking *looking = data;
    const struct vane_bus *bus = looking->bus;

    switch (slot) {
    case SLOT_TOPIC:
        return text_value(bus->event_topic(looking->event));
    case SLOT_ID:
        return text_value(bus->event_id(looking->event));
    case SLOT_SEQ:
        return vane_cel_int((int64_t)bus->event_seq(looking->event));
    case SLOT_TIME:
        return time_value(looking);
    case SLOT_CAUSE:
        return text_value(bus->event_cause(looking->event));
    default:
        return member_value(looking, slot, scratch);
    }
}

int vane_where_holds(struct vane_where *where, const struct vane_bus *bus,
                     const struct vane_event *event, const char **why)
{
    struct looking looking = {where, bus, event};
    const struct vane_cel_input input = {.lookup = lookup, .data = &looking};
    struct vane_cel_value value = vane_cel_evaluate(where->program, &input, where->scratch);

    if (value.kind == VANE_CEL_BOOL)
        return value.truth;
    *why = value.kind == VANE_CEL_ERROR ? value.problem->message : "it is neither true nor false";
    return -EINVAL;
}
