/* Options of the commands that ask machines over NATS. See query.h. */
#include <errno.h>
#include <string.h>

#include "cli/cluster/query.h"
#include "cli/words.h"
#include "lib/keys/nkey.h"
#include "lib/text/span.h"

#define TIMEOUT_MAX_MS 86400000

void vane_asking_init(struct vane_asking *asking)
{
    *asking = (struct vane_asking){
        .nodes = g_ptr_array_new_with_free_func(g_free),
        .nkeys = g_ptr_array_new_with_free_func(g_free),
        .timeout_ms = VANE_QUERY_TIMEOUT_MS,
    };
}

void vane_asking_clear(struct vane_asking *asking)
{
    vane_settings_clear(&asking->settings);
    g_ptr_array_unref(asking->nodes);
    g_ptr_array_unref(asking->nkeys);
}

static int set(char **text, const char *value)
{
    g_free(*text);
    *text = g_strdup(value);
    return 1;
}

static int take_timeout(struct vane_asking *asking, const char *value, char **why)
{
    uint64_t usec;

    if (vane_text_parse_span(value, &usec) < 0 || usec < 1000 || usec / 1000 > TIMEOUT_MAX_MS) {
        *why = g_strdup_printf("\"%s\" is no timeout: a time from 1ms to 1d, as 5s", value);
        return -EINVAL;
    }
    asking->timeout_ms = (int64_t)(usec / 1000);
    return 1;
}

static int take_list(GPtrArray *list, const char *option, const char *value, char **why)
{
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);

    for (char **part = parts; *part; part++) {
        g_strstrip(*part);
        if (!**part) {
            *why = g_strdup_printf("%s \"%s\" has nothing between two commas", option, value);
            return -EINVAL;
        }
        g_ptr_array_add(list, g_strdup(*part));
    }
    return 1;
}

static int take_nkeys(struct vane_asking *asking, const char *value, char **why)
{
    int r = take_list(asking->nkeys, "--nkeys", value, why);

    for (guint i = 0; r > 0 && i < asking->nkeys->len; i++) {
        const char *nkey = g_ptr_array_index(asking->nkeys, i);

        if (!vane_nkey_valid(nkey)) {
            *why = g_strdup_printf("\"%s\" is no NKey of a machine: 56 letters and digits that "
                                   "begin with U (\"netvane nkey\" tells it there)",
                                   nkey);
            return -EINVAL;
        }
    }
    return r;
}

static bool take_flag(struct vane_asking *asking, const char *word)
{
    if (g_str_equal(word, "--json") || g_str_equal(word, "-J"))
        asking->json = true;
    else if (g_str_equal(word, "--no-pager"))
        asking->no_pager = true;
    else
        return false;
    return true;
}

int vane_asking_take(struct vane_asking *asking, char *const **word, char **why)
{
    struct vane_settings *settings = &asking->settings;
    const struct {
        const char *option;
        char **text;
    } texts[] = {
        {"--server", &settings->servers},
        {"--creds", &settings->credentials_file},
        {"--nkey-file", &settings->nkey_file},
        {"--context", &settings->context},
    };
    const char *value;

    if (take_flag(asking, **word))
        return 1;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if ((value = vane_cli_value_of(texts[i].option, word)))
            return set(texts[i].text, value);
    if ((value = vane_cli_value_of("--timeout", word)))
        return take_timeout(asking, value, why);
    if ((value = vane_cli_value_of("--nkeys", word)))
        return take_nkeys(asking, value, why);
    if ((value = vane_cli_value_of("--nodes", word)) || (value = vane_cli_value_of("--node", word)))
        return take_list(asking->nodes, "--nodes", value, why);
    return 0;
}
