/* The config table that plugins get (api/netvane/config.h), on top of the engine's configuration.
 */
#ifndef NETVANE_ENGINE_CONFIG_TABLE_H
#define NETVANE_ENGINE_CONFIG_TABLE_H

#include <netvane/config.h>

extern const struct vane_config vane_config_table;

#endif
