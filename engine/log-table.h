/* The log as plugins see it (api/netvane/log.h). */
#ifndef NETVANE_ENGINE_LOG_TABLE_H
#define NETVANE_ENGINE_LOG_TABLE_H

#include <netvane/log.h>

extern const struct vane_log vane_log_table;

#endif
