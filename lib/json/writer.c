/* The streaming JSON writer: buffer, separators, scalars. Doubles are in double.c. */
#include "lib/json/writer.h"

#include <glib.h>
#include <string.h>

#include "lib/json/double.h"
#include "lib/json/plain.h"
#include "lib/text/utf8.h"

#define FIRST_CAPACITY 1024

void vane_json_init(struct vane_json *json, unsigned flags)
{
    *json = (struct vane_json){.flags = flags};
}

void vane_json_clear(struct vane_json *json)
{
    g_free(json->text);
    vane_json_init(json, json->flags);
}

void vane_json_reset(struct vane_json *json)
{
    json->length = 0;
    json->depth = 0;
    json->comma = false;
}

static __attribute__((noinline)) void grow(struct vane_json *json, size_t needed)
{
    size_t capacity = json->capacity ? json->capacity : FIRST_CAPACITY;

    while (capacity < needed)
        capacity *= 2;
    json->text = g_realloc(json->text, capacity);
    json->capacity = capacity;
}

/* Where the next `more` bytes may be written. */
static inline char *room(struct vane_json *json, size_t more)
{
    if (G_UNLIKELY(json->capacity - json->length < more))
        grow(json, json->length + more);
    return json->text + json->length;
}

static inline void put(struct vane_json *json, const char *bytes, size_t len)
{
    if (len)
        memcpy(room(json, len), bytes, len);
    json->length += len;
}

static inline void put_byte(struct vane_json *json, char byte)
{
    *room(json, 1) = byte;
    json->length++;
}

const char *vane_json_text(struct vane_json *json, size_t *length)
{
    *room(json, 1) = '\0';
    if (length)
        *length = json->length;
    return json->text;
}

char *vane_json_steal(struct vane_json *json, size_t *length)
{
    g_assert(json->depth == 0);
    vane_json_text(json, length);
    /* Texts wait in queues and journals: what they do not need goes back. */
    if (json->capacity - json->length > json->length / 4)
        json->text = g_realloc(json->text, json->length + 1);
    char *text = g_steal_pointer(&json->text);
    vane_json_init(json, json->flags);
    return text;
}

/* Every element and every key starts here. */
static inline void separate(struct vane_json *json)
{
    if (json->comma) {
        put_byte(json, ',');
        if (json->flags & VANE_JSON_SPACED)
            put_byte(json, ' ');
    }
    json->comma = true;
}

static void begin(struct vane_json *json, char bracket)
{
    separate(json);
    put_byte(json, bracket);
    json->comma = false;
    json->depth++;
}

static void end(struct vane_json *json, char bracket)
{
    g_assert(json->depth > 0);
    json->depth--;
    put_byte(json, bracket);
    json->comma = true;
}

void vane_json_object_begin(struct vane_json *json)
{
    begin(json, '{');
}

void vane_json_object_end(struct vane_json *json)
{
    end(json, '}');
}

void vane_json_array_begin(struct vane_json *json)
{
    begin(json, '[');
}

void vane_json_array_end(struct vane_json *json)
{
    end(json, ']');
}

/* Lower-case digits, as Python writes them. */
static void put_hex4(struct vane_json *json, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u'};

    for (int i = 0; i < 4; i++)
        text[2 + i] = digits[unit >> (12 - 4 * i) & 0xf];
    put(json, text, sizeof(text));
}

static void put_escaped_codepoint(struct vane_json *json, uint32_t codepoint)
{
    if (codepoint < 0x10000) {
        put_hex4(json, codepoint);
        return;
    }
    put_hex4(json, 0xd800 + ((codepoint - 0x10000) >> 10));
    put_hex4(json, 0xdc00 + ((codepoint - 0x10000) & 0x3ff));
}

static void put_ascii(struct vane_json *json, unsigned char byte)
{
    static const char letters[256] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                                      ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};

    if (letters[byte])
        put(json, (char[]){'\\', letters[byte]}, 2);
    else if (byte >= 0x20 && !(json->flags & VANE_JSON_ASCII))
        put_byte(json, (char)byte);
    else
        put_hex4(json, byte);
}

/* One character that is not plain; returns how many bytes it took. */
static size_t put_special(struct vane_json *json, const char *at, size_t left)
{
    uint32_t codepoint = 0;
    int taken;

    if ((unsigned char)*at < 0x80) {
        put_ascii(json, (unsigned char)*at);
        return 1;
    }
    taken = vane_utf8_decode(at, left, &codepoint);
    if (json->flags & VANE_JSON_ASCII)
        put_escaped_codepoint(json, taken < 0 ? 0xfffd : codepoint);
    else if (taken < 0)
        put(json, "\xef\xbf\xbd", 3);
    else
        put(json, at, (size_t)taken);
    return (size_t)(taken < 0 ? -taken : taken);
}

static void put_string(struct vane_json *json, const char *bytes, size_t len)
{
    size_t done = 0;

    put_byte(json, '"');
    for (;;) {
        size_t plain = vane_json_copy_plain(room(json, len - done), bytes + done, len - done);

        json->length += plain;
        done += plain;
        if (done == len)
            break;
        done += put_special(json, bytes + done, len - done);
    }
    put_byte(json, '"');
}

void vane_json_key_len(struct vane_json *json, const char *key, size_t len)
{
    separate(json);
    put_string(json, key, len);
    put_byte(json, ':');
    if (json->flags & VANE_JSON_SPACED)
        put_byte(json, ' ');
    json->comma = false;
}

void vane_json_key(struct vane_json *json, const char *key)
{
    vane_json_key_len(json, key, strlen(key));
}

void vane_json_string_len(struct vane_json *json, const char *bytes, size_t len)
{
    separate(json);
    put_string(json, bytes, len);
}

void vane_json_string(struct vane_json *json, const char *text)
{
    if (text)
        vane_json_string_len(json, text, strlen(text));
    else
        vane_json_null(json);
}

static void put_decimal(struct vane_json *json, uint64_t number, bool negative)
{
    char text[24];
    size_t at = sizeof(text);

    do
        text[--at] = (char)('0' + number % 10);
    while (number /= 10);
    if (negative)
        text[--at] = '-';
    put(json, text + at, sizeof(text) - at);
}

void vane_json_int64(struct vane_json *json, int64_t number)
{
    separate(json);
    put_decimal(json, number < 0 ? -(uint64_t)number : (uint64_t)number, number < 0);
}

void vane_json_uint64(struct vane_json *json, uint64_t number)
{
    separate(json);
    put_decimal(json, number, false);
}

void vane_json_double(struct vane_json *json, double number)
{
    char text[VANE_JSON_DOUBLE_SIZE];

    vane_json_raw(json, text, vane_json_format_double(number, text));
}

void vane_json_bool(struct vane_json *json, bool value)
{
    vane_json_raw(json, value ? "true" : "false", value ? 4 : 5);
}

void vane_json_null(struct vane_json *json)
{
    vane_json_raw(json, "null", 4);
}

void vane_json_raw(struct vane_json *json, const char *text, size_t len)
{
    separate(json);
    put(json, text, len);
}
