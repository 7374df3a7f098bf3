/*
 * Topics and patterns: arbitrary text up to the first newline is a pattern list, the rest a topic.
 * A match must agree with a plain recursive definition of NATS's rules.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "lib/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool tokens_match(char **pattern, char **topic)
{
    if (!*pattern)
        return !*topic;
    if (strcmp(*pattern, ">") == 0)
        return *topic != NULL;
    if (!*topic || (strcmp(*pattern, "*") != 0 && strcmp(*pattern, *topic) != 0))
        return false;
    return tokens_match(pattern + 1, topic + 1);
}

static bool plain_match(const char *patterns, const char *topic)
{
    g_auto(GStrv) list = g_strsplit(patterns, " ", -1);
    g_auto(GStrv) topic_tokens = g_strsplit(topic, ".", -1);
    bool result = false;

    for (char **each = list; *each; each++) {
        g_auto(GStrv) tokens = g_strsplit(*each, ".", -1);

        result = result || (**each && tokens_match(tokens, topic_tokens));
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    char *newline = strchr(text, '\n');
    const char *topic = newline ? newline + 1 : "";

    if (newline)
        *newline = '\0';
    if (vane_patterns_valid(text) && vane_topic_valid(topic))
        g_assert(vane_patterns_match(text, topic) == plain_match(text, topic));
    return 0;
}
