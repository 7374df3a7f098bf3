/*
 * What a machine sends to an operator: a pong, a value, the answer to a command. All of it is
 * shown, and none of it may steer a terminal.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "cli/cluster/answers.h"
#include "cli/cluster/remote-output.h"
#include "cli/cluster/roster.h"
#include "cli/value.h"
#include "lib/json/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const GString *out)
{
    for (gsize i = 0; i < out->len; i++)
        g_assert((unsigned char)out->str[i] >= ' ' || out->str[i] == '\n');
}

static void show(const char *text)
{
    g_autoptr(GPtrArray) answers = vane_answers_new();
    struct vane_answer *answer = g_new0(struct vane_answer, 1);
    g_autoptr(GString) out = g_string_new(NULL);
    struct vane_rendering rendering;

    answer->nkey = g_strdup("U");
    answer->signature = g_strdup(text);
    answer->value = g_strdup(text);
    vane_answers_put(answers, answer);
    vane_answers_text(out, answers, VANE_JSON_ASCII);
    check(out);
    vane_remote_render(&rendering, answers);
    check(rendering.body);
    vane_rendering_clear(&rendering);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GPtrArray) roster = vane_roster_new();

    if (!vane_cli_scan(text, strlen(text)))
        return 0;
    vane_roster_add_pong(roster, vane_json_root(text, strlen(text)));
    show(text);
    return 0;
}
