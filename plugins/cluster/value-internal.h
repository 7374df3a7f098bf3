/* What value-append.c and value-scalar.c share. */
#ifndef NETVANE_CLUSTER_VALUE_INTERNAL_H
#define NETVANE_CLUSTER_VALUE_INTERNAL_H

#include "plugins/cluster/value.h"

/* Where in the arguments we are, from the inside out. */
struct vane_value_place {
    const struct vane_value_place *outer;
    const char *name;          /* an argument's; NULL: unknown */
    struct vane_json_view key; /* of an object; empty: an index */
    size_t index;
};

struct vane_value_task {
    sd_bus_message *message;
    char *error;
};

/* `error`, with the sentence behind the place. */
__attribute__((format(printf, 4, 5))) int vane_value_refuse(const struct vane_value_task *task,
                                                            const struct vane_value_place *place,
                                                            int error, const char *format, ...);
int vane_value_refuse_bus(const struct vane_value_task *task, const struct vane_value_place *place,
                          int error);

/* A scalar by its text: an object's key, or what a string or number says. */
int vane_value_append_scalar(const struct vane_value_task *task, char type, const char *text,
                             const struct vane_value_place *place);
int vane_value_append_basic(const struct vane_value_task *task, char type,
                            struct vane_json_view value, const struct vane_value_place *place);

/* "a string" and the like. */
const char *vane_value_word(enum vane_json_type type);

#endif
