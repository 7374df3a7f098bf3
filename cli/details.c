/* Events for people. See details.h. */
#include "cli/details.h"

#include <string.h>

#include "cli/value.h"
#include "lib/array.h"
#include "lib/eventline.h"

#define DETAILS_MAX 400u

static char *shorten(char *text)
{
    if (strlen(text) > DETAILS_MAX) {
        char *end = g_utf8_find_prev_char(text, text + DETAILS_MAX - 3);

        strcpy(end ? end : text, "...");
    }
    return text;
}

char *vane_cli_details(struct vane_json_view event)
{
    return shorten(vane_eventline_details(event.at, event.len));
}

char *vane_cli_time(struct vane_json_view event)
{
    const size_t milliseconds = strlen("2026-01-02T03:04:05.678");
    char *text = vane_cli_text(vane_cli_member(event, "time"));

    if (strlen(text) > milliseconds)
        strcpy(text + milliseconds, "Z");
    return text;
}

/* Foreground colours by what an event is about; trouble first. */
static const struct {
    const char *part;
    const char *colour;
} colours[] = {
    {".failed", "31"},  {".timeout", "31"}, {".denied", "31"}, {".exhausted", "31"},
    {".removed", "31"}, {".loss", "31"},    {"link.", "36"},   {"address.", "32"},
    {"route.", "34"},   {"wifi.", "35"},    {"script.", "33"}, {"plugin.", "33"},
    {"config.", "33"},
};

static const char *colour_of(const char *topic)
{
    for (size_t i = 0; i < ELEMENTS(colours); i++) {
        if (strstr(topic, colours[i].part))
            return colours[i].colour;
    }
    return "0";
}

/* The topic within the line in its colour, the id behind it dim. */
static char *paint(const char *line, const char *topic, const char *id)
{
    const char *at = *topic ? strstr(line, topic) : NULL;

    if (!at)
        return g_strdup_printf("%s \033[2m(%s)\033[0m", line, id);
    return g_strdup_printf("%.*s\033[%sm%s\033[0m%s \033[2m(%s)\033[0m", (int)(at - line), line,
                           colour_of(topic), topic, at + strlen(topic), id);
}

char *vane_cli_event_line(struct vane_json_view event, bool colour)
{
    g_autofree char *line = vane_eventline(event.at, event.len);
    g_autofree char *id = vane_cli_text(vane_cli_member(event, "id"));
    g_autofree char *topic = vane_cli_text(vane_cli_member(event, "topic"));

    return colour ? paint(line, topic, id) : g_strdup_printf("%s (%s)", line, id);
}
