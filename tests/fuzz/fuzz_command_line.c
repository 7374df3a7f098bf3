/*
 * Command lines as somebody might type or paste them: the words and filters of a line, help for
 * every beginning of it, and what its filters make of the line itself.
 */
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "cli/pipeline.h"
#include "cli/value.h"
#include "lib/cleanup.h"
#include "lib/text/line.h"

#define LENGTH_MAX 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const char *line)
{
    _cleanup_(vane_pipeline_clear) struct vane_pipeline pipeline = {0};
    g_autofree char *why = NULL;
    GString *out;

    if (vane_pipeline_parse(line, &pipeline, &why) < 0) {
        g_assert(why && *why);
        g_assert(g_utf8_validate(why, -1, NULL) || !g_utf8_validate(line, -1, NULL));
        g_assert(!strpbrk(why, "\033\r"));
        return;
    }
    g_assert(!why && pipeline.words);
    g_assert(pipeline.words[0] || pipeline.filters->len == 0);
    out = vane_pipeline_apply(&pipeline, line, 1, &why);
    g_assert((out == NULL) == (why != NULL));
    if (out)
        g_string_free(out, TRUE);
}

static void run_words(const char *line)
{
    _cleanup_(vane_pipeline_clear) struct vane_pipeline pipeline = {0};
    g_auto(GStrv) words = g_strsplit(line, " ", 64);
    g_autofree char *why = NULL;

    g_assert((vane_pipeline_from_words(words, &pipeline, &why) < 0) == (why != NULL));
}

/* The word at the cursor is a part of what stands left of it. */
static void ask_for_help(const char *left)
{
    _cleanup_(vane_line_clear) struct vane_line line = {0};

    if (vane_help_words(left, &line) < 0)
        return;
    g_assert(line.partial && strlen(line.partial) <= strlen(left));
    g_assert(!line.words[line.n_words]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *line = g_strndup((const char *)data, MIN(size, LENGTH_MAX));

    run(line);
    run_words(line);
    ask_for_help(line);
    line[strlen(line) / 2] = '\0';
    ask_for_help(line);
    return 0;
}
