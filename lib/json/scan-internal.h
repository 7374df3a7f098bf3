/* What the parts of the scanner share: the position, and how a part refuses. */
#ifndef NETVANE_LIB_JSON_SCAN_INTERNAL_H
#define NETVANE_LIB_JSON_SCAN_INTERNAL_H

#include <errno.h>
#include <stdbool.h>

#include "lib/json/scanner.h"

struct vane_json_scan {
    const char *at, *end;
    const char *refused_at;
    const char *reason;
    bool uint64, nul;
};

static inline int vane_json_refuse(struct vane_json_scan *scan, const char *at, int error,
                                   const char *reason)
{
    scan->refused_at = at;
    scan->reason = reason;
    return error;
}

/* At the opening quote; moves behind the closing one. */
int vane_json_scan_string(struct vane_json_scan *scan, bool *escaped);

/* At a digit or minus; moves behind the number. */
int vane_json_scan_number(struct vane_json_scan *scan);

#endif
