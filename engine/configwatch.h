/*
 * WatchConfiguration=yes: notices when a file of the configuration is saved, and has it put in
 * force as a reload does. What the kernel reports only wakes it up; whether anything has changed is
 * decided by reading the files.
 */
#ifndef NETVANE_ENGINE_CONFIGWATCH_H
#define NETVANE_ENGINE_CONFIGWATCH_H

struct vane_configuration;
struct vane_engine;

/* Begins, goes on or ends as the configuration in force says. */
void vane_configuration_watch_update(struct vane_engine *engine);

/* Somebody has read the files: what was found there is no news any more. */
void vane_configuration_watch_seen(struct vane_engine *engine,
                                   const struct vane_configuration *configuration);

void vane_configuration_watch_stop(struct vane_engine *engine);

#endif
