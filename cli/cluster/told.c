/* What is said beside the answers of machines. See told.h. */
#include "cli/cluster/told.h"

#include <string.h>

#include "cli/cluster/remote-output.h"
#include "cli/value.h"

static void tell_note(const struct vane_cli *cli, const struct vane_answer *answer,
                      const char *title)
{
    struct vane_json_view note;
    g_autofree char *text = NULL;

    if (!answer->value)
        return;
    note = vane_cli_member(vane_json_root(answer->value, strlen(answer->value)), "note");
    if (vane_json_get_string(note, &text) == 0)
        vane_cli_complain(cli, "%s: %s", title, text);
}

void vane_tell_answers(const struct vane_cli *cli, const GPtrArray *answers)
{
    for (guint i = 0; i < answers->len; i++) {
        const struct vane_answer *answer = g_ptr_array_index(answers, i);
        g_autofree char *title = vane_remote_title(answers, i);

        if (answer->error)
            vane_cli_complain(cli, "%s: %s", title, answer->error);
        if (answer->unproven)
            vane_cli_complain(cli, "%s is not proven to have said this: %s", title,
                              answer->unproven);
        tell_note(cli, answer, title);
    }
}

void vane_tell_silent(const struct vane_cli *cli, const struct vane_targets *targets,
                      const struct vane_gathered *gathered)
{
    static const char *const why[] = {
        [VANE_MACHINE_HERE] = "it does not answer",
        [VANE_MACHINE_SILENT] = "the others do not hear of it, either",
        [VANE_MACHINE_LEFT] = "it has left the cluster",
    };

    for (guint i = 0; i < gathered->silent->len; i++) {
        const char *nkey = g_ptr_array_index(gathered->silent, i);
        g_autofree char *title = vane_targets_title(targets, nkey);

        vane_cli_complain(cli, "%s is silent: %s", title, why[vane_targets_state(targets, nkey)]);
    }
    if (gathered->silent->len > 0)
        return;
    if (gathered->nobody)
        vane_cli_complain(cli, "no machine listens: no agent is connected to this NATS server, or "
                               "none in this account");
    else if (gathered->answers->len == 0)
        vane_cli_complain(cli, "no machine has answered in time (--timeout)");
}

int vane_gathered_status(const struct vane_gathered *gathered)
{
    if (gathered->silent->len > 0 || gathered->answers->len == 0)
        return VANE_EXIT_SILENT;
    return vane_answers_have_error(gathered->answers) ? VANE_EXIT_FAILED : VANE_EXIT_DONE;
}
