/* The states with script directories, and which topics may be directories. See states.h. */
#include "plugins/scripts/states.h"

#include <string.h>

#include <glib.h>

#include "lib/array.h"
#include "lib/text/nearest.h"

#define TOPIC_MAX  128
#define OWN_TOPICS "script."

static const char *const administrative[] = {
    "configured", "configuring", "failed", "pending", "unmanaged", "initialized", VANE_STATE_LINGER,
};

static const char *const operational[] = {
    "carrier",    "degraded", "degraded-carrier", "dormant", "enslaved", "missing",
    "no-carrier", "off",      "routable",
};

static const char *const address_triggers[] = {"ip-added", "ip-removed"};

static const char *find(const char *const *words, unsigned count, const char *word)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return words[i];
    return NULL;
}

const char *vane_state_lookup(enum vane_state_kind kind, const char *word)
{
    if (!word)
        return NULL;
    if (kind == VANE_STATE_ADMINISTRATIVE)
        return find(administrative, ELEMENTS(administrative), word);
    return find(operational, ELEMENTS(operational), word);
}

const char *vane_state_at(enum vane_state_kind kind, unsigned n)
{
    if (kind == VANE_STATE_ADMINISTRATIVE)
        return n < ELEMENTS(administrative) ? administrative[n] : NULL;
    return n < ELEMENTS(operational) ? operational[n] : NULL;
}

bool vane_state_is_reserved(const char *word)
{
    return vane_state_lookup(VANE_STATE_ADMINISTRATIVE, word) ||
           vane_state_lookup(VANE_STATE_OPERATIONAL, word) ||
           find(address_triggers, ELEMENTS(address_triggers), word);
}

static bool is_token_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '-';
}

bool vane_topic_is_directory(const char *topic)
{
    char before = '.';

    if (strlen(topic) > TOPIC_MAX || !strchr(topic, '.') || g_str_has_prefix(topic, OWN_TOPICS))
        return false;
    for (const char *at = topic; *at; before = *at++)
        if (!is_token_byte(*at) && (*at != '.' || before == '.'))
            return false;
    return before != '.';
}

static void add_words(GPtrArray *words, const char *const *more, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g_ptr_array_add(words, (void *)more[i]);
}

static const char *nearest_state(const char *word)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();

    add_words(words, administrative, ELEMENTS(administrative));
    add_words(words, operational, ELEMENTS(operational));
    add_words(words, address_triggers, ELEMENTS(address_triggers));
    return vane_text_nearest(word, (const char *const *)words->pdata, words->len);
}

char *vane_directory_objection(const char *word)
{
    const char *nearest;

    if (vane_state_is_reserved(word) || vane_topic_is_directory(word))
        return NULL;
    if (g_str_has_prefix(word, OWN_TOPICS))
        return g_strdup("events of scripts run no scripts");
    nearest = nearest_state(word);
    if (nearest)
        return g_strdup_printf("not a state; did you mean %s?", nearest);
    return g_strdup("neither a state nor a topic");
}
