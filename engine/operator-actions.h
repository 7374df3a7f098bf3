/* Members of the host of the built-in commands that take their time; `user` is the engine. */
#ifndef NETVANE_ENGINE_OPERATOR_ACTIONS_H
#define NETVANE_ENGINE_OPERATOR_ACTIONS_H

#include "engine/commands/builtin.h"

int vane_operator_reload(void *user, vane_builtin_done done, void *data);
int vane_operator_plugin_action(void *user, enum vane_plugin_action action, const char *name,
                                vane_builtin_done done, void *data);

#endif
