/* Arguments as people type them. See arguments.h. */
#include "cli/cluster/arguments.h"

#include <math.h>
#include <string.h>

#include <glib.h>

#include "cli/value.h"
#include "lib/json/scanner.h"
#include "lib/json/writer.h"
#include "lib/nats/names.h"
#include "lib/nats/signature.h"
#include "lib/text/number.h"

struct reader {
    char *const *word; /* the next one */
    unsigned number;   /* of the last one that was taken, from 1 behind the signature */
    struct vane_json json;
    char **why;
};

static bool read_type(struct reader *reader, const char *type);

static bool refuse(const struct reader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool refuse(const struct reader *reader, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    *reader->why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return false;
}

static const char *take(struct reader *reader, const char *type)
{
    if (!*reader->word) {
        refuse(reader, "argument %u is missing: the signature has \"%.*s\" there",
               reader->number + 1, (int)vane_signature_next(type), type);
        return NULL;
    }
    reader->number++;
    return *reader->word++;
}

/* ---- basic types ---- */

static const struct integer {
    char type;
    int64_t min;
    uint64_t max;
} integers[] = {
    {'y', 0, UINT8_MAX},         {'n', INT16_MIN, INT16_MAX}, {'q', 0, UINT16_MAX},
    {'i', INT32_MIN, INT32_MAX}, {'u', 0, UINT32_MAX},        {'x', INT64_MIN, INT64_MAX},
    {'t', 0, UINT64_MAX},
};

static const struct integer *find_integer(char type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(integers); i++)
        if (integers[i].type == type)
            return &integers[i];
    return NULL;
}

static bool is_integer(const struct integer *kind, const char *word)
{
    uint64_t positive;
    int64_t number;

    if (kind->min < 0)
        return vane_text_parse_int64(word, kind->min, (int64_t)kind->max, &number) == 0;
    return vane_text_parse_uint64(word, 0, kind->max, &positive) == 0;
}

static bool is_text(char type, const char *word)
{
    switch (type) {
    case 's':
        return g_utf8_validate(word, -1, NULL);
    case 'o':
        return vane_dbus_is_path(word);
    default:
        return vane_signature_valid(word);
    }
}

/* As JSON has numbers, which have no word for these. */
static char *double_text(const char *word)
{
    char *end;
    double number = g_ascii_strtod(word, &end);
    struct vane_json json = {0};

    if (!*word || *end)
        return NULL;
    if (isnan(number))
        return g_strdup("\"NaN\"");
    if (isinf(number))
        return g_strdup(number < 0 ? "\"-Infinity\"" : "\"Infinity\"");
    vane_json_double(&json, number);
    return vane_json_steal(&json, NULL);
}

static char *string_text(const char *word)
{
    struct vane_json json = {0};

    vane_json_string(&json, word);
    return vane_json_steal(&json, NULL);
}

/* A word as JSON; NULL: it is none of this type. */
static char *basic_text(char type, const char *word)
{
    const struct integer *kind = find_integer(type);
    bool truth;

    if (kind)
        return is_integer(kind, word) ? g_strdup(word) : NULL;
    if (type == 'b')
        return vane_text_parse_bool(word, &truth) == 0 ? g_strdup(truth ? "true" : "false") : NULL;
    if (type == 'd')
        return double_text(word);
    return is_text(type, word) ? string_text(word) : NULL;
}

static char *take_basic(struct reader *reader, const char *type)
{
    const char *word = take(reader, type);
    char *text;

    if (!word)
        return NULL;
    if (*type == 'h') {
        refuse(reader, "argument %u: a descriptor (h) means nothing on another machine",
               reader->number);
        return NULL;
    }
    text = basic_text(*type, word);
    if (!text)
        refuse(reader, "argument %u: \"%s\" is no value of type %c", reader->number, word, *type);
    return text;
}

static bool read_basic(struct reader *reader, const char *type)
{
    g_autofree char *text = take_basic(reader, type);

    if (text)
        vane_json_raw(&reader->json, text, strlen(text));
    return text;
}

/* ---- containers ---- */

/* As many words at least as there are elements, so that a length costs nothing. */
static bool take_length(struct reader *reader, const char *type, uint64_t *length)
{
    const char *word = take(reader, type);

    if (!word)
        return false;
    if (vane_text_parse_uint64(word, 0, g_strv_length((char **)reader->word), length) < 0)
        return refuse(reader, "argument %u: \"%s\" is not the number of elements that follow",
                      reader->number, word);
    return true;
}

static bool read_list(struct reader *reader, const char *type)
{
    uint64_t length;

    if (!take_length(reader, type, &length))
        return false;
    vane_json_array_begin(&reader->json);
    for (uint64_t i = 0; i < length; i++)
        if (!read_type(reader, type + 1))
            return false;
    vane_json_array_end(&reader->json);
    return true;
}

/* The keys of an object are strings, whatever they are on D-Bus. */
static bool read_key(struct reader *reader, const char *type)
{
    g_autofree char *text = take_basic(reader, type), *plain = NULL;
    struct vane_json_view view;

    if (!text)
        return false;
    view = vane_json_root(text, strlen(text));
    if (vane_json_get_string(view, &plain) < 0)
        plain = g_strdup(text);
    vane_json_key(&reader->json, plain);
    return true;
}

static bool read_dictionary(struct reader *reader, const char *type)
{
    uint64_t length;

    if (!take_length(reader, type, &length))
        return false;
    vane_json_object_begin(&reader->json);
    for (uint64_t i = 0; i < length; i++)
        if (!read_key(reader, type + 2) || !read_type(reader, type + 3))
            return false;
    vane_json_object_end(&reader->json);
    return true;
}

static bool read_struct(struct reader *reader, const char *type)
{
    vane_json_array_begin(&reader->json);
    for (type++; *type != ')'; type += vane_signature_next(type))
        if (!read_type(reader, type))
            return false;
    vane_json_array_end(&reader->json);
    return true;
}

static bool read_variant(struct reader *reader, const char *type)
{
    const char *signature = take(reader, type);

    if (!signature)
        return false;
    if (!vane_signature_single(signature))
        return refuse(reader, "argument %u: \"%s\" is not the signature of one type",
                      reader->number, signature);
    vane_json_object_begin(&reader->json);
    vane_json_member_string(&reader->json, "signature", signature);
    vane_json_key(&reader->json, "value");
    if (!read_type(reader, signature))
        return false;
    vane_json_object_end(&reader->json);
    return true;
}

static bool read_type(struct reader *reader, const char *type)
{
    switch (*type) {
    case 'a':
        return type[1] == '{' ? read_dictionary(reader, type) : read_list(reader, type);
    case '(':
        return read_struct(reader, type);
    case 'v':
        return read_variant(reader, type);
    default:
        return read_basic(reader, type);
    }
}

/* ---- the two notations ---- */

static bool read_as_busctl(struct reader *reader)
{
    const char *signature = *reader->word++;

    vane_json_array_begin(&reader->json);
    for (; *signature; signature += vane_signature_next(signature))
        if (!read_type(reader, signature))
            return false;
    vane_json_array_end(&reader->json);
    if (*reader->word)
        return refuse(reader, "argument %u: \"%s\" is more than the signature has",
                      reader->number + 1, *reader->word);
    return true;
}

static bool read_as_json(struct reader *reader)
{
    vane_json_array_begin(&reader->json);
    for (; *reader->word; reader->word++) {
        const char *word = *reader->word;

        reader->number++;
        if (!vane_cli_scan(word, strlen(word)))
            return refuse(
                reader,
                "argument %u: \"%s\" is not JSON, where a text has quotes ('\"%s\"'), and "
                "the first is no signature as busctl has them (s %s)",
                reader->number, word, word, word);
        vane_json_raw(&reader->json, word, strlen(word));
    }
    vane_json_array_end(&reader->json);
    return true;
}

/* Keys that are there twice, and what is nested too deeply. */
static bool is_sound(struct reader *reader)
{
    const struct vane_json_limits limits = {
        .size = 64u << 20, .depth = VANE_JSON_DEPTH_MAX, .members = 65536, .uint64 = true};
    struct vane_json_error error;
    size_t length;
    const char *text = vane_json_text(&reader->json, &length);

    if (vane_json_scan(text, length, &limits, &error) == 0)
        return true;
    return refuse(reader, "the arguments cannot be sent: %s", error.reason);
}

char *vane_arguments_json(char *const *words, char **why)
{
    struct reader reader = {.word = words, .why = why};
    bool typed = words[0] && *words[0] && vane_signature_valid(words[0]);
    bool read = (typed ? read_as_busctl(&reader) : read_as_json(&reader)) && is_sound(&reader);
    char *text = read ? vane_json_steal(&reader.json, NULL) : NULL;

    vane_json_clear(&reader.json);
    return text;
}
