/* The commands: which scripts there are, and what the queues hold. */
#ifndef NETVANE_SCRIPTS_SHOW_H
#define NETVANE_SCRIPTS_SHOW_H

#include "plugins/scripts/scripts.h"

int vane_show_add(struct vane_scripts *scripts);
void vane_show_remove(struct vane_scripts *scripts);

#endif
