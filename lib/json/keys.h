/* The keys of the objects that a scan has open, to find duplicates when one closes. */
#ifndef NETVANE_LIB_JSON_KEYS_H
#define NETVANE_LIB_JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct vane_json_seen {
    const char *source; /* where the key stands in the scanned text */
    const char *bytes;  /* the key itself: within the text, or `owned` */
    size_t len;
    char *owned; /* the unescaped key, if it had escapes */
};

/* A stack: the keys of an inner object lie above those of the outer one. */
struct vane_json_keys {
    struct vane_json_seen *seen;
    size_t count, capacity;
};

void vane_json_keys_clear(struct vane_json_keys *keys);

/* `source` points behind the quote, `len` bytes up to the closing one. */
void vane_json_keys_push(struct vane_json_keys *keys, const char *source, size_t len, bool escaped);

/*
 * Takes all keys from index `first` off the stack. Returns NULL if they all differed, else where
 * the earliest repetition stands in the text. The cost is bounded whatever the keys are: they are
 * sorted, not hashed.
 */
const char *vane_json_keys_close(struct vane_json_keys *keys, size_t first);

#endif
