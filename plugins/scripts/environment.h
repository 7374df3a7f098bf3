/*
 * The variables of a script: those of networkd-dispatcher, and Netvane's own. Pure.
 */
#ifndef NETVANE_SCRIPTS_ENVIRONMENT_H
#define NETVANE_SCRIPTS_ENVIRONMENT_H

#include <stddef.h>

#include "plugins/scripts/document.h"

/* execve(2) refuses a variable of 128 KiB; what is longer than this goes into a file. */
#define VANE_VARIABLE_MAX ((size_t)100 * 1024)

struct vane_environment {
    const char *interface_name;
    const char *state;   /* $STATE */
    const char *address; /* $ADDR; NULL: the first address of the document */
    const struct vane_document *document;
    const char *json;     /* the document as text; left out when it is too long */
    const char *event_id; /* NULL: no event led to this (a startup trigger) */
    const char *topic;
    const char *event;      /* the event as text; left out when it is too long */
    const char *event_file; /* where both are then; NULL: not needed */
};

/* NAME=value, ends with NULL. g_strfreev() it. */
char **vane_environment_build(const struct vane_environment *environment);

/* What NETVANE_EVENT_FILE holds: the event, with a member "json" when that one is too long for a
 * variable. NULL: both fit, no file is needed. g_free() it. */
char *vane_environment_file_text(const char *event, const char *json);

#endif
