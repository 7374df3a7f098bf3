/* What the built-in commands share; nobody else includes this. */
#ifndef NETVANE_ENGINE_COMMANDS_BUILTIN_INTERNAL_H
#define NETVANE_ENGINE_COMMANDS_BUILTIN_INTERNAL_H

#include <glib.h>

#include "engine/commands/builtin.h"
#include "engine/engine.h"
#include "lib/array.h"

/* Every command's `user`. */
struct vane_builtin {
    struct vane_engine *engine;
    const struct vane_builtin_host *host;
};

#define VANE_BUILTIN_WORDS(array)                                                                  \
    .words = (array), .word_size = sizeof((array)[0]), .word_count = ELEMENTS(array)
#define VANE_BUILTIN_COLUMNS(array)                                                                \
    .columns = (array), .column_size = sizeof((array)[0]), .column_count = ELEMENTS(array)

/* One source file each. */
extern const struct vane_command vane_builtin_state[], vane_builtin_links[], vane_builtin_events[],
    vane_builtin_plugins[], vane_builtin_configure[], vane_builtin_configuration[],
    vane_builtin_inside[], vane_builtin_log[], vane_builtin_link[];
extern const unsigned vane_builtin_state_count, vane_builtin_links_count, vane_builtin_events_count,
    vane_builtin_plugins_count, vane_builtin_configure_count, vane_builtin_configuration_count,
    vane_builtin_inside_count, vane_builtin_log_count, vane_builtin_link_count;

const char *vane_builtin_argument(const struct vane_request *request, const char *name);

/* Answers with what was written, and clears it. */
int vane_builtin_reply(struct vane_request *request, struct vane_json *json);

/* Answers that this engine has no such part. */
int vane_builtin_missing(struct vane_request *request);

/* The interface index of a link's snapshot. */
uint32_t vane_builtin_link_index(const struct vane_payload *link);

/* Completions for commands that take the name of a plugin or of an interface. */
void vane_builtin_offer_plugins(void *user, const char *parameter,
                                struct vane_completion *completion);
void vane_builtin_offer_links(void *user, const char *parameter,
                              struct vane_completion *completion);

/* Passes the outcome of a host's function on; `data` is the request. */
void vane_builtin_outcome(void *data, int error, const char *sentence);

#endif
