/* Topics and patterns. See topic.h. */
#include "lib/topic.h"

#include <string.h>

#include <glib.h>

static bool token_byte(char c)
{
    return g_ascii_islower(c) || g_ascii_isdigit(c) || c == '_' || c == '-';
}

/* The length of the token at `at`; 0 if there is none. */
static size_t token_length(const char *at)
{
    size_t length = 0;

    while (token_byte(at[length]))
        length++;
    return length;
}

bool vane_topic_valid(const char *topic)
{
    const char *at = topic;

    for (;;) {
        size_t length = token_length(at);

        if (length == 0)
            return false;
        at += length;
        if (*at == '\0')
            return at - topic <= VANE_TOPIC_MAX;
        if (*at++ != '.')
            return false;
    }
}

static bool pattern_end(char c)
{
    return c == '\0' || c == ' ';
}

/* Checks one pattern and moves behind it. */
static bool pattern_valid(const char **at)
{
    const char *start = *at, *p = start;

    for (;;) {
        size_t length = *p == '*' || *p == '>' ? 1 : token_length(p);

        if (length == 0)
            return false;
        p += length;
        if (pattern_end(*p))
            break;
        if (*(p - length) == '>' || *p++ != '.')
            return false;
    }
    *at = p;
    return p - start <= VANE_TOPIC_MAX;
}

bool vane_patterns_valid(const char *patterns)
{
    const char *at = patterns;

    do {
        at += strspn(at, " ");
        if (!pattern_valid(&at))
            return false;
        at += strspn(at, " ");
    } while (*at);
    return at - patterns <= VANE_PATTERNS_MAX;
}

static bool pattern_match(const char *pattern, const char *topic)
{
    while (*topic) {
        size_t length = token_length(topic);

        if (*pattern == '>')
            return true;
        if (*pattern == '*')
            pattern++;
        else if (strncmp(pattern, topic, length) == 0 && !token_byte(pattern[length]))
            pattern += length;
        else
            return false;
        topic += length;
        if (*topic == '\0')
            return pattern_end(*pattern);
        if (*pattern++ != '.')
            return false;
        topic++;
    }
    return false;
}

bool vane_patterns_match(const char *patterns, const char *topic)
{
    for (const char *at = patterns; *at; at += strcspn(at, " ")) {
        at += strspn(at, " ");
        if (*at && pattern_match(at, topic))
            return true;
    }
    return false;
}
