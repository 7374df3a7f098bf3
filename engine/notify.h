/* What the service manager is told: sd_notify(3), watchdog keep-alives included. */
#ifndef NETVANE_ENGINE_NOTIFY_H
#define NETVANE_ENGINE_NOTIFY_H

struct vane_engine;

/* Starts the keep-alives that WatchdogSec= asks for. */
void vane_notify_start(struct vane_engine *engine);
void vane_notify_stop(struct vane_engine *engine);

/* READY=1 and a status line; also the end of a reload. */
void vane_notify_ready(const struct vane_engine *engine);
void vane_notify_reloading(void);
void vane_notify_stopping(void);

#endif
