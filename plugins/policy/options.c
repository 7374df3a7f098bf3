/* The plugin's options. See policy.h. */
#include "plugins/policy/policy.h"

const struct vane_option vane_policy_option_table[VANE_POLICY_OPTION_COUNT] = {
    {
        .name = "Document",
        .type = VANE_OPTION_PATH,
        .help = "The policy of this machine, read at the start and at each reload",
    },
    {
        .name = "DryRun",
        .type = VANE_OPTION_BOOL,
        .default_value = "no",
        .help = "Allow everything, and tell what would have been denied or done",
    },
    {
        .name = "MemberGrace",
        .type = VANE_OPTION_TIME,
        .default_value = "2min",
        .minimum = 1000000,
        .maximum = 86400000000,
        .help =
            "How long after a start members of networks that were kept may take to be heard of, "
            "before they count as gone",
    },
};

void vane_policy_options_read(const struct vane_policy_plugin *plugin,
                              struct vane_policy_settings *settings)
{
    const struct vane_config *config = plugin->host->config;
    const char *document = NULL;
    uint32_t dry_run = 0;

    (void)config->get_string(plugin->self, NULL, "Document", &document);
    g_free(settings->document);
    settings->document = g_strdup(document);
    (void)config->get_bool(plugin->self, NULL, "DryRun", &dry_run);
    (void)config->get_int64(plugin->self, NULL, "MemberGrace", &settings->grace_us);
    settings->dry_run = dry_run != 0;
}
