/* From reader to writer: scanned JSON rendered anew. */
#ifndef NETVANE_LIB_JSON_COPY_H
#define NETVANE_LIB_JSON_COPY_H

#include "lib/json/reader.h"
#include "lib/json/writer.h"

/*
 * Writes a scanned value into `json`, in that writer's format: without white space, or as Python
 * spaces and escapes it. Recurses as deep as the value, which the scanner has bounded.
 */
void vane_json_copy(struct vane_json *json, struct vane_json_view value);

#endif
