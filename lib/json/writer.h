/*
 * A streaming JSON writer into a buffer that grows: no tree, commas by itself, output always valid
 * JSON in valid UTF-8. The caller nests begin and end properly and gives every object member a key.
 */
#ifndef NETVANE_LIB_JSON_WRITER_H
#define NETVANE_LIB_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vane_json_flags {
    VANE_JSON_ASCII = 1 << 0,  /* everything outside printable ASCII as \uXXXX */
    VANE_JSON_SPACED = 1 << 1, /* ", " and ": " as separators */
    /* What Python's json.dumps() gives by default. */
    VANE_JSON_PYTHON = VANE_JSON_ASCII | VANE_JSON_SPACED,
};

/* Members are the writer's own. All-zero is an initialised writer without flags. */
struct vane_json {
    char *text;
    size_t length, capacity;
    unsigned flags, depth;
    bool comma; /* the next element or key needs a separator in front */
};

void vane_json_init(struct vane_json *json, unsigned flags);

/* Frees the buffer; the writer can be used again, with the same flags. Fits a cleanup attribute. */
void vane_json_clear(struct vane_json *json);

/* Forgets the text but keeps the buffer, for a writer that is used often. */
void vane_json_reset(struct vane_json *json);

/* The text so far, NUL-terminated, valid until the next call. `length` may be NULL. */
const char *vane_json_text(struct vane_json *json, size_t *length);

/* The finished text, to be freed with g_free(). Every container must be closed. The writer is empty
 * after. */
char *vane_json_steal(struct vane_json *json, size_t *length);

void vane_json_object_begin(struct vane_json *json);
void vane_json_object_end(struct vane_json *json);
void vane_json_array_begin(struct vane_json *json);
void vane_json_array_end(struct vane_json *json);

void vane_json_key(struct vane_json *json, const char *key);
void vane_json_key_len(struct vane_json *json, const char *key, size_t len);

/* NULL becomes null. Bytes that are no UTF-8 become U+FFFD. */
void vane_json_string(struct vane_json *json, const char *text);
void vane_json_string_len(struct vane_json *json, const char *bytes, size_t len);
void vane_json_int64(struct vane_json *json, int64_t number);
void vane_json_uint64(struct vane_json *json, uint64_t number);
/* Digits that read back as the same double, laid out as Python does (1.0, 1e+16). NaN and
 * infinities become null. */
void vane_json_double(struct vane_json *json, double number);
void vane_json_bool(struct vane_json *json, bool value);
void vane_json_null(struct vane_json *json);
/* One JSON value that is rendered already; it goes in as it is, whatever the flags. */
void vane_json_raw(struct vane_json *json, const char *text, size_t len);

static inline void vane_json_member_string(struct vane_json *json, const char *key,
                                           const char *text)
{
    vane_json_key(json, key);
    vane_json_string(json, text);
}

static inline void vane_json_member_int64(struct vane_json *json, const char *key, int64_t number)
{
    vane_json_key(json, key);
    vane_json_int64(json, number);
}

static inline void vane_json_member_uint64(struct vane_json *json, const char *key, uint64_t number)
{
    vane_json_key(json, key);
    vane_json_uint64(json, number);
}

static inline void vane_json_member_bool(struct vane_json *json, const char *key, bool value)
{
    vane_json_key(json, key);
    vane_json_bool(json, value);
}

#endif
