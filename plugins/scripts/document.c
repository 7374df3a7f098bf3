/* Labels and their values. See document.h. */
#include "plugins/scripts/document.h"

#include <string.h>

#include "lib/json/writer.h"

/* One of the two. */
struct value {
    char *text;
    GPtrArray *list;
};

struct vane_document {
    GHashTable *values;
};

static void value_free(gpointer data)
{
    struct value *value = data;

    g_free(value->text);
    if (value->list)
        g_ptr_array_unref(value->list);
    g_free(value);
}

struct vane_document *vane_document_new(void)
{
    struct vane_document *document = g_new0(struct vane_document, 1);

    document->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, value_free);
    return document;
}

void vane_document_free(struct vane_document *document)
{
    if (!document)
        return;
    g_hash_table_unref(document->values);
    g_free(document);
}

static struct value *list_of(struct vane_document *document, const char *key)
{
    struct value *value = g_hash_table_lookup(document->values, key);

    if (!value) {
        value = g_new0(struct value, 1);
        value->list = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(document->values, g_strdup(key), value);
    }
    return value;
}

void vane_document_add(struct vane_document *document, const char *key, const char *value)
{
    g_autofree char *text = g_strstrip(g_strdup(value ? value : ""));
    struct value *entry;

    if (!*text)
        return;
    entry = list_of(document, key);
    if (entry->list)
        g_ptr_array_add(entry->list, g_steal_pointer(&text));
}

void vane_document_addf(struct vane_document *document, const char *key, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vane_document_add(document, key, text);
}

void vane_document_set(struct vane_document *document, const char *key, const char *text)
{
    struct value *value = g_new0(struct value, 1);

    value->text = g_strdup(text ? text : "");
    g_hash_table_replace(document->values, g_strdup(key), value);
}

const char *vane_document_text(const struct vane_document *document, const char *key)
{
    const struct value *value = g_hash_table_lookup(document->values, key);

    return value && value->text ? value->text : "";
}

const GPtrArray *vane_document_list(const struct vane_document *document, const char *key)
{
    const struct value *value = g_hash_table_lookup(document->values, key);

    return value ? value->list : NULL;
}

static void write_value(struct vane_json *json, const struct value *value)
{
    if (value->text) {
        vane_json_string(json, value->text);
        return;
    }
    vane_json_array_begin(json);
    for (guint i = 0; i < value->list->len; i++)
        vane_json_string(json, g_ptr_array_index(value->list, i));
    vane_json_array_end(json);
}

char *vane_document_json(const struct vane_document *document)
{
    g_autoptr(GList) keys =
        g_list_sort(g_hash_table_get_keys(document->values), (GCompareFunc)strcmp);
    struct vane_json json = {0};

    vane_json_init(&json, VANE_JSON_PYTHON);
    vane_json_object_begin(&json);
    for (const GList *at = keys; at; at = at->next) {
        vane_json_key(&json, at->data);
        write_value(&json, g_hash_table_lookup(document->values, at->data));
    }
    vane_json_object_end(&json);
    return vane_json_steal(&json, NULL);
}
