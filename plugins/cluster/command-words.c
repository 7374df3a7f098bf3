/* The words of a command. See command-words.h. */
#include "plugins/cluster/command-words.h"

#include <glib.h>

#include "lib/json/reader.h"
#include "lib/json/scanner.h"

/* False: it is no text, or one too many. */
static bool add_word(GPtrArray *words, struct vane_json_view element)
{
    char *word;

    if (words->len >= VANE_COMMAND_WORDS_MAX || vane_json_get_string(element, &word) < 0)
        return false;
    g_ptr_array_add(words, word);
    return true;
}

char **vane_command_words_parse(const char *text, size_t length)
{
    struct vane_json_limits limits = VANE_JSON_LIMITS_DEFAULT;
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    struct vane_json_cursor cursor;
    struct vane_json_view element;

    limits.size = VANE_COMMAND_BYTES_MAX;
    if (vane_json_scan(text, length, &limits, NULL) < 0 ||
        vane_json_type_of(vane_json_root(text, length)) != VANE_JSON_ARRAY)
        return NULL;
    cursor = vane_json_walk(vane_json_root(text, length));
    while (vane_json_next_element(&cursor, &element))
        if (!add_word(words, element))
            return NULL;
    if (words->len == 0)
        return NULL;
    g_ptr_array_add(words, NULL);
    g_ptr_array_set_free_func(words, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}
