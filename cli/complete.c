/* Help and completion for one-shot commands: for people, and for their shell. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/suggest.h"

int vane_cli_help(struct vane_cli *cli, char *const *words)
{
    g_autoptr(GArray) list = NULL;
    g_autoptr(GString) out = NULL;
    g_autofree char *why = NULL;
    int status = vane_cli_connect(cli);

    if (status != VANE_EXIT_DONE)
        return status;
    list = vane_suggest_words(cli, words, &why);
    if (list->len == 0) {
        vane_cli_complain(cli, "%s", why ? why : "nothing can follow these words");
        return VANE_EXIT_NOT_A_COMMAND;
    }
    out = vane_suggestions_text(list);
    vane_cli_print(out, cli->no_pager);
    return VANE_EXIT_DONE;
}

int vane_cli_complete(struct vane_cli *cli, char *const *words)
{
    g_autoptr(GArray) list = NULL;

    if (!words[0])
        return VANE_EXIT_DONE;
    list = vane_suggest_words(cli, words, NULL);
    for (guint i = 0; i < list->len; i++) {
        const struct vane_suggestion *suggestion = &g_array_index(list, struct vane_suggestion, i);

        if (vane_suggestion_is_word(suggestion))
            printf("%s\t%s\n", suggestion->word, suggestion->help);
    }
    return VANE_EXIT_DONE;
}
