/* The words of a command that comes over NATS: within the bounds, or refused. */
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "plugins/cluster/command-words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) words = vane_command_words_parse(text, size);
    guint count = words ? g_strv_length(words) : 1;

    g_assert(count >= 1 && count <= VANE_COMMAND_WORDS_MAX);
    return 0;
}
