/*
 * Reading JSON in place: views into a text that vane_json_scan() has accepted, cursors over
 * containers. Nothing is built or owned. A text that was not scanned is read without harm, but
 * means nothing.
 */
#ifndef NETVANE_LIB_JSON_READER_H
#define NETVANE_LIB_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One value within the text, without white space around it; valid as long as the text. Strings keep
 * their quotes. */
struct vane_json_view {
    const char *at;
    size_t len;
};

enum vane_json_type {
    VANE_JSON_NONE, /* an empty view: nothing there */
    VANE_JSON_NULL,
    VANE_JSON_BOOL,
    VANE_JSON_INTEGER, /* a number without fraction and exponent */
    VANE_JSON_DOUBLE,
    VANE_JSON_STRING,
    VANE_JSON_ARRAY,
    VANE_JSON_OBJECT,
};

struct vane_json_view vane_json_root(const char *text, size_t len);

enum vane_json_type vane_json_type_of(struct vane_json_view value);

/* A walk over an array or object; each step costs the length of what it passes, so a whole walk is
 * linear. */
struct vane_json_cursor {
    const char *at, *end;
};

/* Anything but a container is walked as an empty one. */
struct vane_json_cursor vane_json_walk(struct vane_json_view container);

/* False at the end. Elements of an array. */
bool vane_json_next_element(struct vane_json_cursor *cursor, struct vane_json_view *value);
/* False at the end. Members of an object; the key is a string view. */
bool vane_json_next_member(struct vane_json_cursor *cursor, struct vane_json_view *key,
                           struct vane_json_view *value);

/* The member of an object. False, and an empty view, if there is none or `object` is no object.
 * Linear. */
bool vane_json_find(struct vane_json_view object, const char *key, struct vane_json_view *value);

/* Whether a string view says `text`, escapes undone. */
bool vane_json_equals(struct vane_json_view string, const char *text);

/*
 * The getters return 0; -EINVAL if the value is of another type, -ERANGE if the number does not
 * fit. The out-parameter is then untouched.
 */
int vane_json_get_string(struct vane_json_view value, char **text); /* to be freed with g_free() */
int vane_json_get_int64(struct vane_json_view value, int64_t *number);
int vane_json_get_uint64(struct vane_json_view value, uint64_t *number);
int vane_json_get_double(struct vane_json_view value, double *number); /* integers too */
int vane_json_get_bool(struct vane_json_view value, bool *truth);

#endif
