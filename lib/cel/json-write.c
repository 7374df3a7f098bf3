/* Values as JSON, plain or in the form of cel.expr.Value. See json.h. */
#include <math.h>
#include <string.h>

#include <glib.h>

#include "lib/cel/json.h"
#include "lib/cel/network.h"
#include "lib/cel/real.h"
#include "lib/cel/time.h"

/* ---- how much it would be ---- */

#define SCALAR_BYTES 8u

static bool spend(size_t *left, size_t bytes)
{
    if (bytes > *left)
        return false;
    *left -= bytes;
    return true;
}

/* Ends when nothing is left, so it never takes longer than `left`. */
static bool fits(struct vane_cel_value value, size_t *left)
{
    switch ((enum vane_cel_kind)value.kind) {
    case VANE_CEL_STRING:
    case VANE_CEL_TYPE:
    case VANE_CEL_BYTES:
        return spend(left, value.len) && spend(left, SCALAR_BYTES);
    case VANE_CEL_LIST:
    case VANE_CEL_OPTIONAL:
        for (uint32_t i = 0; i < value.len; i++)
            if (!fits(value.elements[i], left))
                return false;
        return spend(left, SCALAR_BYTES);
    case VANE_CEL_MAP:
        for (uint32_t i = 0; i < value.len; i++)
            if (!fits(value.entries[i].key, left) || !fits(value.entries[i].value, left))
                return false;
        return spend(left, SCALAR_BYTES);
    default:
        return spend(left, SCALAR_BYTES);
    }
}

bool vane_cel_json_fits(struct vane_cel_value value, size_t max)
{
    return fits(value, &max);
}

/* ---- writing it ---- */

static void write_base64(struct vane_json *json, struct vane_cel_value value)
{
    g_autofree char *text =
        value.len ? g_base64_encode((const guchar *)value.text, value.len) : g_strdup("");

    vane_json_string(json, text);
}

static void write_text(struct vane_json *json, struct vane_cel_value value)
{
    vane_json_string_len(json, value.len ? value.text : "", value.len);
}

/* Timestamp, duration or network. */
static void write_rendered(struct vane_json *json, struct vane_cel_value value)
{
    char text[VANE_CEL_NETWORK_TEXT];
    size_t len;

    if (value.kind == VANE_CEL_TIMESTAMP)
        len = vane_cel_timestamp_format(value, text);
    else if (value.kind == VANE_CEL_DURATION)
        len = vane_cel_duration_format(value, text);
    else
        len = vane_cel_network_format(value.network, text);
    vane_json_string_len(json, text, len);
}

static void write_double(struct vane_json *json, double real)
{
    if (isnan(real))
        vane_json_string(json, "NaN");
    else if (isinf(real))
        vane_json_string(json, real < 0 ? "-Infinity" : "Infinity");
    else
        vane_json_double(json, real);
}

static void write_key(struct vane_json *json, struct vane_cel_value key)
{
    char text[32];

    switch ((enum vane_cel_kind)key.kind) {
    case VANE_CEL_STRING:
        vane_json_key_len(json, key.len ? key.text : "", key.len);
        return;
    case VANE_CEL_INT:
        g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, key.integer);
        break;
    case VANE_CEL_UINT:
        g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, key.natural);
        break;
    default:
        g_snprintf(text, sizeof(text), "%s", key.truth ? "true" : "false");
        break;
    }
    vane_json_key(json, text);
}

static void write_plain_container(struct vane_json *json, struct vane_cel_value value)
{
    if (value.kind == VANE_CEL_LIST) {
        vane_json_array_begin(json);
        for (uint32_t i = 0; i < value.len; i++)
            vane_cel_write_json(json, VANE_CEL_PLAIN, value.elements[i]);
        vane_json_array_end(json);
        return;
    }
    vane_json_object_begin(json);
    for (uint32_t i = 0; i < value.len; i++) {
        write_key(json, value.entries[i].key);
        vane_cel_write_json(json, VANE_CEL_PLAIN, value.entries[i].value);
    }
    vane_json_object_end(json);
}

static void write_plain(struct vane_json *json, struct vane_cel_value value)
{
    switch ((enum vane_cel_kind)value.kind) {
    case VANE_CEL_BOOL:
        vane_json_bool(json, value.truth);
        break;
    case VANE_CEL_INT:
        vane_json_int64(json, value.integer);
        break;
    case VANE_CEL_UINT:
        vane_json_uint64(json, value.natural);
        break;
    case VANE_CEL_DOUBLE:
        write_double(json, value.real);
        break;
    case VANE_CEL_STRING:
    case VANE_CEL_TYPE:
        write_text(json, value);
        break;
    case VANE_CEL_BYTES:
        write_base64(json, value);
        break;
    case VANE_CEL_LIST:
    case VANE_CEL_MAP:
        write_plain_container(json, value);
        break;
    case VANE_CEL_TIMESTAMP:
    case VANE_CEL_DURATION:
    case VANE_CEL_NETWORK:
        write_rendered(json, value);
        break;
    case VANE_CEL_OPTIONAL:
        if (value.len > 0) {
            write_plain(json, value.elements[0]);
            break;
        }
        vane_json_null(json);
        break;
    case VANE_CEL_ABSENT:
    case VANE_CEL_ERROR:
    case VANE_CEL_NULL:
    case VANE_CEL_DYN:
        vane_json_null(json);
        break;
    }
}

static void typed_container(struct vane_json *json, struct vane_cel_value value)
{
    bool list = value.kind == VANE_CEL_LIST;

    vane_json_key(json, list ? "listValue" : "mapValue");
    vane_json_object_begin(json);
    vane_json_key(json, list ? "values" : "entries");
    vane_json_array_begin(json);
    for (uint32_t i = 0; i < value.len; i++) {
        if (list) {
            vane_cel_write_json(json, VANE_CEL_TYPED, value.elements[i]);
            continue;
        }
        vane_json_object_begin(json);
        vane_json_key(json, "key");
        vane_cel_write_json(json, VANE_CEL_TYPED, value.entries[i].key);
        vane_json_key(json, "value");
        vane_cel_write_json(json, VANE_CEL_TYPED, value.entries[i].value);
        vane_json_object_end(json);
    }
    vane_json_array_end(json);
    vane_json_object_end(json);
}

/* As a message packed into google.protobuf.Any is written. */
static void typed_object(struct vane_json *json, struct vane_cel_value value)
{
    g_autofree char *type = g_strconcat("type.googleapis.com/",
                                        vane_cel_kind_name((enum vane_cel_kind)value.kind), NULL);

    vane_json_key(json, "objectValue");
    vane_json_object_begin(json);
    vane_json_member_string(json, "@type", type);
    vane_json_key(json, "value");
    write_plain(json, value);
    vane_json_object_end(json);
}

static void typed_integer(struct vane_json *json, struct vane_cel_value value)
{
    char text[32];

    if (value.kind == VANE_CEL_INT)
        g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, value.integer);
    else
        g_snprintf(text, sizeof(text), "%" G_GUINT64_FORMAT, value.natural);
    vane_json_member_string(json, value.kind == VANE_CEL_INT ? "int64Value" : "uint64Value", text);
}

static void write_typed(struct vane_json *json, struct vane_cel_value value)
{
    static const char *const keys[] = {
        [VANE_CEL_NULL] = "nullValue",     [VANE_CEL_BOOL] = "boolValue",
        [VANE_CEL_DOUBLE] = "doubleValue", [VANE_CEL_STRING] = "stringValue",
        [VANE_CEL_BYTES] = "bytesValue",   [VANE_CEL_TYPE] = "typeValue",
    };

    vane_json_object_begin(json);
    if (value.kind == VANE_CEL_LIST || value.kind == VANE_CEL_MAP) {
        typed_container(json, value);
    } else if (value.kind == VANE_CEL_INT || value.kind == VANE_CEL_UINT) {
        typed_integer(json, value);
    } else if (value.kind < G_N_ELEMENTS(keys) && keys[value.kind]) {
        vane_json_key(json, keys[value.kind]);
        write_plain(json, value);
    } else {
        typed_object(json, value);
    }
    vane_json_object_end(json);
}

void vane_cel_write_json(struct vane_json *json, enum vane_cel_form form,
                         struct vane_cel_value value)
{
    if (form == VANE_CEL_TYPED)
        write_typed(json, value);
    else
        write_plain(json, value);
}
