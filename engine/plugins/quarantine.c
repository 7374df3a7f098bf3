/*
 * The record of crashes, one line each in STATE/crashes: "SECONDS PLUGIN SIGNAL". A plugin is in
 * quarantine once three of its lines in a row lie within the window, however long ago that was. The
 * clock of a machine without a battery begins anew at each boot, so their times may run backwards.
 */
#include "engine/plugins/quarantine.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "lib/array.h"
#include "lib/file.h"

#define RECORD_MAX (4u << 20)

static char *crashes_file(const char *state_directory)
{
    return g_build_filename(state_directory, "crashes", NULL);
}

/* The time of a line about the plugin, above 0; 0: it is about another one, or damaged. */
static gint64 crash_time(const char *line, const char *plugin)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 3);

    if (g_strv_length(words) != 3 || strcmp(words[1], plugin) != 0)
        return 0;
    return MAX(0, g_ascii_strtoll(words[0], NULL, 10));
}

static bool lie_close(const gint64 times[VANE_CRASH_LIMIT])
{
    gint64 first = times[0], last = times[0];

    for (unsigned i = 1; i < VANE_CRASH_LIMIT; i++) {
        first = MIN(first, times[i]);
        last = MAX(last, times[i]);
    }
    return last - first <= VANE_CRASH_WINDOW;
}

char *vane_quarantine_reason(const char *state_directory, const char *plugin)
{
    g_autofree char *file = crashes_file(state_directory);
    g_autofree char *text = NULL;
    size_t length;
    g_auto(GStrv) lines = NULL;
    gint64 recent[VANE_CRASH_LIMIT] = {0};
    unsigned count = 0;

    if (vane_file_read(file, RECORD_MAX, &text, &length) < 0)
        return NULL;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        gint64 when = crash_time(*line, plugin);

        if (when == 0)
            continue;
        recent[count++ % VANE_CRASH_LIMIT] = when;
        if (count >= VANE_CRASH_LIMIT && lie_close(recent))
            return g_strdup_printf("it crashed the daemon %u times within %d minutes; \"netvane "
                                   "plugin reset %s\" gives it another chance",
                                   VANE_CRASH_LIMIT, VANE_CRASH_WINDOW / 60, plugin);
    }
    return NULL;
}

int vane_quarantine_reset(const char *state_directory, const char *plugin)
{
    g_autofree char *file = crashes_file(state_directory);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GString) rest = g_string_new(NULL);
    unsigned dropped = 0;
    size_t length;

    if (vane_file_read(file, RECORD_MAX, &text, &length) < 0)
        return -ENOENT;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (crash_time(*line, plugin) > 0)
            dropped++;
        else if (**line)
            g_string_append_printf(rest, "%s\n", *line);
    if (dropped == 0)
        return -ENOENT;
    if (!g_file_set_contents_full(file, rest->str, (gssize)rest->len,
                                  G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL))
        return -EIO;
    return 0;
}
