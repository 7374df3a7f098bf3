/* What the world gets to know of a script: events, log lines, and the gate's question before it. */
#ifndef NETVANE_SCRIPTS_REPORT_H
#define NETVANE_SCRIPTS_REPORT_H

#include "plugins/scripts/runner.h"

/* May it run? Asks the gate; a denial is logged. */
bool vane_report_permitted(const struct vane_job *job, const char *path);

void vane_report_started(const struct vane_job *job);
void vane_report_output(struct vane_job *job, const char *line, size_t length, bool error);
void vane_report_ended(struct vane_job *job, const struct vane_child_status *status);

/* It could not be started. */
void vane_report_failed(const struct vane_job *job, const char *path, int error);

/* It is not trusted; said once until it changes. */
void vane_report_refused(const struct vane_scripts *scripts, const char *path, const char *reason,
                         uint64_t change);

#endif
