/*
 * A strict check of JSON that comes from outside, before any parser sees it. A pure function: it
 * decides, and builds nothing. lib/json/reader.h reads what was accepted here.
 */
#ifndef NETVANE_LIB_JSON_SCANNER_H
#define NETVANE_LIB_JSON_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

#define VANE_JSON_DEPTH_MAX 64

struct vane_json_limits {
    size_t size;      /* bytes of the whole text */
    unsigned depth;   /* containers within each other; at most VANE_JSON_DEPTH_MAX */
    unsigned members; /* of one object */
    bool uint64;      /* accept integers above INT64_MAX up to UINT64_MAX: for readers that can */
    bool nul;         /* accept NUL in strings, as \u0000: for readers that keep lengths */
};

#define VANE_JSON_LIMITS_DEFAULT                                                                   \
    ((struct vane_json_limits){.size = 1 << 20, .depth = VANE_JSON_DEPTH_MAX, .members = 4096})

struct vane_json_error {
    size_t offset;       /* bytes before the offending one */
    size_t line, column; /* from 1; the column counts characters */
    const char *reason;  /* a constant: "expected ',' or '}'" */
};

/*
 * Accepts one JSON value by the grammar of RFC 8259 in valid UTF-8, without lone surrogates,
 * duplicate keys, or NUL in strings, within the limits (NULL: VANE_JSON_LIMITS_DEFAULT). Integers
 * must fit int64, other numbers must not overflow a double. Time is O(n log n) at worst, for
 * objects with many keys.
 *
 * Returns 0; or, with *error (which may be NULL) filled: -EINVAL for the grammar, -EILSEQ for bad
 * UTF-8 and surrogates, -EEXIST for a duplicate key, -ERANGE for a number that does not fit, -E2BIG
 * for a limit.
 */
int vane_json_scan(const char *text, size_t len, const struct vane_json_limits *limits,
                   struct vane_json_error *error);

#endif
