/* Changes of links that rules want. See job.h. */
#include "plugins/policy/job.h"

static void on_changed(void *user, int result, const char *message)
{
    struct vane_policy_job *job = user;

    if (result < 0)
        vane_policy_job_complain(job, "the kernel refused \"%s\" for %s: %s", job->change_word,
                                 job->interface, message ? message : g_strerror(-result));
    vane_policy_job_end(job);
}

bool vane_policy_job_change(struct vane_policy_job *job)
{
    const struct vane_host *host = job->plugin->host;
    const struct vane_field facts[] = {vane_string("interface_name", job->interface),
                                       vane_string("change", job->change_word)};
    const struct vane_fields list = VANE_FIELDS(facts);
    uint32_t index;
    int r = host->links->index_of(job->plugin->self, job->interface, -1, &index);

    if (r < 0) {
        vane_policy_job_complain(job, "there is no interface %s", job->interface);
        return false;
    }
    if (!vane_policy_job_permitted(job, "link.change", &list))
        return false;
    vane_policy_job_begin(job); /* it may be through before the call returns */
    r = host->links->change(job->plugin->self, index, &job->change, on_changed, job);
    if (r < 0) {
        vane_policy_job_complain(job, "%s cannot be changed: %s", job->interface, g_strerror(-r));
        g_queue_unlink(&job->plugin->active, &job->link);
    }
    return r == 0;
}

static char *interface_of(struct vane_policy_runner *runner,
                          const struct vane_policy_action *action)
{
    const GArray *values = action->params[VANE_POLICY_INTERFACE].values;

    if (values->len > 0)
        return vane_policy_resolve_text(runner->state,
                                        &g_array_index(values, struct vane_policy_value, 0));
    return vane_policy_job_interface(runner->plugin);
}

void vane_policy_job_link(struct vane_policy_runner *runner, const struct vane_policy_rule *rule,
                          const struct vane_policy_action *action)
{
    static const struct {
        const char *word;
        uint32_t what;
    } changes[] = {
        [VANE_POLICY_UP] = {"up", VANE_LINK_UP},
        [VANE_POLICY_DOWN] = {"down", VANE_LINK_DOWN},
        [VANE_POLICY_MTU_CHANGE] = {"mtu", VANE_LINK_MTU},
    };
    int64_t change = action->params[VANE_POLICY_CHANGE].number;
    struct vane_policy_job *job = vane_policy_job_new(runner, rule);

    job->interface = interface_of(runner, action);
    if (!job->interface) {
        vane_policy_action_failed(runner, rule, "link: it is not known which interface");
        vane_policy_job_free(job);
        return;
    }
    job->change_word = changes[change].word;
    job->change = (struct vane_link_change){
        .size = sizeof(job->change),
        .what = changes[change].what,
        .netns_fd = -1,
        .move_netns_fd = -1,
        .mtu = (uint32_t)action->params[VANE_POLICY_MTU].number,
    };
    vane_policy_job_push(runner, rule, job);
}
