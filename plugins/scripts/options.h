/* The options as the plugin uses them: in milliseconds, with lists of its own. */
#ifndef NETVANE_SCRIPTS_OPTIONS_H
#define NETVANE_SCRIPTS_OPTIONS_H

#include "plugins/scripts/scripts.h"

/* At the start and at every reload; complains about script directories that cannot be read. */
void vane_script_options_read(struct vane_scripts *scripts);

#endif
