/* Values of D-Bus to JSON. See value.h. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "lib/json/scanner.h"
#include "plugins/cluster/value.h"

struct task {
    struct vane_json *json;
    sd_bus_message *message;
    const struct vane_value_style *style;
};

static int write_all(const struct task *task);

union basic {
    uint8_t byte;
    int boolean;
    int16_t int16;
    uint16_t uint16;
    int32_t int32;
    uint32_t uint32;
    int64_t int64;
    uint64_t uint64;
    double real;
    const char *string;
};

static int64_t signed_of(char type, const union basic *value)
{
    switch (type) {
    case 'n':
        return value->int16;
    case 'i':
        return value->int32;
    default:
        return value->int64;
    }
}

static uint64_t unsigned_of(char type, const union basic *value)
{
    switch (type) {
    case 'y':
        return value->byte;
    case 'q':
        return value->uint16;
    case 'u':
        return value->uint32;
    default:
        return value->uint64;
    }
}

static const char *word_for(double number)
{
    if (isnan(number))
        return "NaN";
    return number < 0 ? "-Infinity" : "Infinity";
}

static void write_basic(struct vane_json *json, char type, const union basic *value)
{
    switch (type) {
    case 'n':
    case 'i':
    case 'x':
        vane_json_int64(json, signed_of(type, value));
        return;
    case 'b':
        vane_json_bool(json, value->boolean != 0);
        return;
    case 'd':
        if (isfinite(value->real))
            vane_json_double(json, value->real);
        else
            vane_json_string(json, word_for(value->real));
        return;
    case 's':
    case 'o':
    case 'g':
        vane_json_string(json, value->string);
        return;
    default:
        vane_json_uint64(json, unsigned_of(type, value));
    }
}

static void write_key(struct vane_json *json, char type, const union basic *value)
{
    struct vane_json text = {0};
    size_t length;
    const char *key;

    if (strchr("sog", type)) {
        vane_json_key(json, value->string);
        return;
    }
    if (type == 'd' && !isfinite(value->real)) {
        vane_json_key(json, word_for(value->real));
        return;
    }
    write_basic(&text, type, value);
    key = vane_json_text(&text, &length);
    vane_json_key_len(json, key, length);
    vane_json_clear(&text);
}

static int read_basic(sd_bus_message *message, char type, union basic *value)
{
    if (type == 'h')
        return -EOPNOTSUPP;
    return sd_bus_message_read_basic(message, type, value);
}

static int write_bytes(const struct task *task)
{
    g_autofree char *text = NULL;
    const void *bytes;
    size_t length;
    int r = sd_bus_message_read_array(task->message, 'y', &bytes, &length);

    if (r < 0)
        return r;
    if (task->style->limit > 0 && length > task->style->limit)
        return -E2BIG;
    text = length > 0 ? g_base64_encode(bytes, length) : g_strdup("");
    vane_json_string(task->json, text);
    return 0;
}

static int write_entry(const struct task *task, const char *contents)
{
    union basic key = {0};
    int r = sd_bus_message_enter_container(task->message, 'e', contents);

    if (r >= 0)
        r = read_basic(task->message, contents[0], &key);
    if (r < 0)
        return r;
    write_key(task->json, contents[0], &key);
    r = write_all(task);
    return r < 0 ? r : sd_bus_message_exit_container(task->message);
}

/* Entered already; `contents` is "{KV}". */
static int write_entries(const struct task *task, const char *contents)
{
    g_autofree char *inner = g_strndup(contents + 1, strlen(contents) - 2);
    int r;

    vane_json_object_begin(task->json);
    while ((r = sd_bus_message_at_end(task->message, false)) == 0) {
        r = write_entry(task, inner);
        if (r < 0)
            return r;
    }
    vane_json_object_end(task->json);
    return r;
}

static int write_elements(const struct task *task)
{
    int r;

    vane_json_array_begin(task->json);
    r = write_all(task);
    if (r >= 0)
        vane_json_array_end(task->json);
    return r;
}

static int write_variant(const struct task *task, const char *contents)
{
    int r;

    if (!task->style->variant_signatures)
        return write_all(task);
    vane_json_object_begin(task->json);
    vane_json_member_string(task->json, "signature", contents);
    vane_json_key(task->json, "value");
    r = write_all(task);
    if (r >= 0)
        vane_json_object_end(task->json);
    return r;
}

static int write_container(const struct task *task, char type, const char *contents)
{
    int r;

    if (task->json->depth >= VANE_JSON_DEPTH_MAX - 1)
        return -E2BIG;
    if (type == 'a' && strcmp(contents, "y") == 0)
        return write_bytes(task);
    r = sd_bus_message_enter_container(task->message, type, contents);
    if (r < 0)
        return r;
    if (type == 'v')
        r = write_variant(task, contents);
    else if (type == 'a' && contents[0] == '{')
        r = write_entries(task, contents);
    else
        r = write_elements(task);
    return r < 0 ? r : sd_bus_message_exit_container(task->message);
}

static int write_all(const struct task *task)
{
    union basic value = {0};
    const char *contents;
    char type;
    int r;

    while ((r = sd_bus_message_peek_type(task->message, &type, &contents)) > 0) {
        if (contents) {
            r = write_container(task, type, contents);
        } else {
            r = read_basic(task->message, type, &value);
            if (r >= 0)
                write_basic(task->json, type, &value);
        }
        if (r < 0)
            return r;
        if (task->style->limit > 0 && task->json->length > task->style->limit)
            return -E2BIG;
    }
    return r;
}

int vane_value_write(struct vane_json *json, sd_bus_message *message,
                     const struct vane_value_style *style)
{
    const struct task task = {json, message, style};

    return write_all(&task);
}
