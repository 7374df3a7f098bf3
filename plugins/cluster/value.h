/*
 * Values of D-Bus as JSON and back, exactly; docs/cluster.md has the table.
 *
 *     y n q i u x t   a number, all 64 bits of it; on the way in also its digits as a string
 *     b               true, false
 *     d               a number; "NaN", "Infinity", "-Infinity"
 *     s o g           a string
 *     ay              the bytes in base64 (RFC 4648 section 4); on the way in also an array of
 * numbers a{KV}           an object, the keys as text aT  (...)       an array v               the
 * value; on request, and always understood on the way in,
 *                     {"signature": "u", "value": 7}
 *     h               refused: a descriptor means nothing on another machine
 */
#ifndef NETVANE_CLUSTER_VALUE_H
#define NETVANE_CLUSTER_VALUE_H

#include <systemd/sd-bus.h>

#include "lib/json/reader.h"
#include "lib/json/writer.h"

#define VANE_VALUE_ERROR_SIZE 256

/*
 * Appends the elements of a JSON array as the arguments of `message`. `names`, as many as the
 * signature has types, or NULL, are what errors call the arguments by. -EINVAL or -ERANGE with one
 * sentence in `error`, which names the argument and the place within it.
 */
int vane_value_append(sd_bus_message *message, const char *signature, const char *const *names,
                      struct vane_json_view arguments, char error[VANE_VALUE_ERROR_SIZE]);

struct vane_value_style {
    bool variant_signatures; /* variants as {"signature", "value"} */
    size_t limit;            /* bytes of JSON; 0: none */
};

/*
 * Writes what is left of the message, or of the container that was entered, into `json`: one value
 * after the other. -EOPNOTSUPP: a descriptor; -E2BIG: over the limit, or nested too deeply for
 * JSON; else an errno of sd-bus. What was written by then is incomplete.
 */
int vane_value_write(struct vane_json *json, sd_bus_message *message,
                     const struct vane_value_style *style);

#endif
