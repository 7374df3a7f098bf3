/* The options of [Engine] and what every [Plugin NAME] has. See settings.h. */
#include "engine/config/settings-internal.h"

#include <string.h>

#include "engine/config/paths.h"
#include "lib/array.h"

#define SECOND INT64_C(1000000)

/* clang-format off */
static const struct vane_option engine_options[] = {
    {
        .name = "PluginDirectory", .type = VANE_OPTION_PATH_LIST,
        .default_value = NETVANE_PLUGIN_DIR, .long_option = "plugin-dir",
        .flags = VANE_OPTION_RESTART,
        .help = "Directories with plugins; of two plugins with one name the earlier directory wins",
    },
    {
        .name = "StateDirectory", .type = VANE_OPTION_PATH,
        .default_value = "/var/lib/netvane", .long_option = "state-dir",
        .flags = VANE_OPTION_RESTART,
        .help = "Directory for what outlives a restart, with one directory for each plugin in it",
    },
    {
        .name = "RuntimeDirectory", .type = VANE_OPTION_PATH,
        .default_value = "/run/netvane", .long_option = "runtime-dir",
        .flags = VANE_OPTION_RESTART,
        .help = "Directory for sockets",
    },
    {
        .name = "EventHistory", .type = VANE_OPTION_INTEGER, .default_value = "4096",
        .minimum = 16, .maximum = 1048576, .flags = VANE_OPTION_RESTART,
        .help = "How many events are kept in memory for replay and for show event",
    },
    {
        .name = "LogLevel", .type = VANE_OPTION_CHOICE, .default_value = "info",
        .choices = "error warning notice info debug",
        .help = "The least important messages that are logged; -v and -q move it by one each",
    },
    {
        .name = "PrintEvents", .type = VANE_OPTION_BOOL, .default_value = "no",
        .long_option = "print-events",
        .help = "Print every event on standard output as one readable line",
    },
    {
        .name = "WatchConfiguration", .type = VANE_OPTION_BOOL, .default_value = "no",
        .help = "Put the configuration in force whenever one of its files is saved, as a reload "
                "does; with an error in it the old one stays in force",
    },
    {
        .name = "ControlSocket", .type = VANE_OPTION_BOOL, .default_value = "yes",
        .flags = VANE_OPTION_RESTART,
        .help = "Serve clients on the private socket RuntimeDirectory/control",
    },
    {
        .name = "SystemBus", .type = VANE_OPTION_CHOICE, .default_value = "auto",
        .choices = "yes no auto", .flags = VANE_OPTION_RESTART,
        .help = "Serve clients on the D-Bus system bus as org.netvane1; auto: when there is a bus",
    },
    {
        .name = "ControlGroup", .type = VANE_OPTION_STRING, .default_value = "netvane",
        .flags = VANE_OPTION_RESTART,
        .help = "The group whose members may change things through the control socket, beside root",
    },
    {
        .name = "IdentityKeyFile", .type = VANE_OPTION_PATH, .flags = VANE_OPTION_RESTART,
        .help = "An Ed25519 private key, as the SSH host key, to be this machine's identity; "
                "unset: a key of its own in StateDirectory",
    },
    {
        .name = "StartTimeout", .type = VANE_OPTION_TIME, .default_value = "90s",
        .minimum = SECOND / 10, .maximum = INT64_MAX,
        .help = "How long a plugin may take to start",
    },
    {
        .name = "ReloadTimeout", .type = VANE_OPTION_TIME, .default_value = "30s",
        .minimum = SECOND / 10, .maximum = INT64_MAX,
        .help = "How long a plugin may take to reload its configuration",
    },
    {
        .name = "ShutdownTimeout", .type = VANE_OPTION_TIME, .default_value = "30s",
        .minimum = SECOND / 10, .maximum = INT64_MAX,
        .help = "How long a plugin may take to shut down",
    },
    {
        .name = "StallWarning", .type = VANE_OPTION_TIME, .default_value = "500ms",
        .minimum = SECOND / 1000, .maximum = INT64_MAX,
        .help = "A plugin that keeps the loop busy for longer than this is named in the log",
    },
    {
        .name = "NetlinkBufferSize", .type = VANE_OPTION_SIZE, .default_value = "32M",
        .minimum = 4096, .maximum = INT64_C(1) << 30, .flags = VANE_OPTION_RESTART,
        .help = "Receive buffer for changes that the kernel reports; too small a one loses them in "
                "bursts",
    },
    {
        .name = "Networkd", .type = VANE_OPTION_CHOICE, .default_value = "auto",
        .choices = "yes no auto", .flags = VANE_OPTION_RESTART,
        .help = "Take states, DNS and domains from systemd-networkd; auto: while it runs",
    },
};

static const struct vane_option common_options[] = {
    {
        .name = "Enabled", .type = VANE_OPTION_BOOL, .default_value = "yes",
        .help = "Whether the plugin is opened and started",
    },
    {
        .name = "OnFailure", .type = VANE_OPTION_CHOICE, .default_value = "abort",
        .choices = "abort disable",
        .help = "What happens when the plugin cannot start: the daemon gives up, or does without it",
    },
};

static const struct vane_option profile_options[] = {
    {
        .name = "Plugins", .type = VANE_OPTION_LIST,
        .help = "The plugins that this program has; unset: all",
    },
    {
        .name = "LongOptions", .type = VANE_OPTION_LIST,
        .help = "Further spellings on the command line, as verbose:v for --verbose in place of -v",
    },
    {
        .name = "Argument", .type = VANE_OPTION_STRING,
        .help = "The long option whose value may stand alone on the command line; it is a path",
    },
};
/* clang-format on */

const struct vane_option *vane_engine_options(uint32_t *count)
{
    *count = ELEMENTS(engine_options);
    return engine_options;
}

const struct vane_option *vane_plugin_common_options(uint32_t *count)
{
    *count = ELEMENTS(common_options);
    return common_options;
}

const struct vane_option *vane_profile_options(uint32_t *count)
{
    *count = ELEMENTS(profile_options);
    return profile_options;
}

static const struct vane_value *value_of(const struct vane_option_set *engine, const char *name)
{
    const struct vane_option *option;
    const struct vane_value *value = NULL;

    if (vane_option_set_find(engine, NULL, name, &option, &value) < 0)
        g_error("[Engine] has no option %s", name);
    return value;
}

static enum vane_tristate tristate_of(const struct vane_option_set *engine, const char *name)
{
    const char *text = value_of(engine, name)->text;

    if (strcmp(text, "auto") == 0)
        return VANE_AUTO;
    return strcmp(text, "yes") == 0 ? VANE_YES : VANE_NO;
}

/* The levels that -v and -q go through: those of syslog(3) without notice, which lies between. */
static uint32_t move_level(uint32_t level, int steps)
{
    static const uint32_t ladder[] = {2, VANE_LOG_ERROR, VANE_LOG_WARNING, VANE_LOG_INFO,
                                      VANE_LOG_DEBUG};

    for (; steps > 0; steps--)
        for (size_t i = 0; i < ELEMENTS(ladder); i++)
            if (ladder[i] > level) {
                level = ladder[i];
                break;
            }
    for (; steps < 0; steps++)
        for (size_t i = ELEMENTS(ladder); i-- > 0;)
            if (ladder[i] < level) {
                level = ladder[i];
                break;
            }
    return level;
}

static uint32_t log_level_of(const struct vane_option_set *engine)
{
    static const char *const words[] = {"error", "warning", "notice", "info", "debug"};
    const char *text = value_of(engine, "LogLevel")->text;

    for (uint32_t i = 0; i < ELEMENTS(words); i++)
        if (strcmp(text, words[i]) == 0)
            return VANE_LOG_ERROR + i;
    return VANE_LOG_INFO;
}

void vane_engine_settings_fill(struct vane_engine_settings *settings,
                               const struct vane_option_set *engine, int verbosity)
{
    verbosity = CLAMP(verbosity, -8, 8);
    *settings = (struct vane_engine_settings){
        .plugin_directories = (const char *const *)value_of(engine, "PluginDirectory")->list,
        .state_directory = value_of(engine, "StateDirectory")->text,
        .runtime_directory = value_of(engine, "RuntimeDirectory")->text,
        .control_group = value_of(engine, "ControlGroup")->text,
        .identity_key_file = value_of(engine, "IdentityKeyFile")->text,
        .event_history = (uint32_t)value_of(engine, "EventHistory")->number,
        .log_level = move_level(log_level_of(engine), verbosity),
        .print_events = value_of(engine, "PrintEvents")->number,
        .watch_configuration = value_of(engine, "WatchConfiguration")->number,
        .control_socket = value_of(engine, "ControlSocket")->number,
        .system_bus = tristate_of(engine, "SystemBus"),
        .networkd = tristate_of(engine, "Networkd"),
        .start_timeout = value_of(engine, "StartTimeout")->number,
        .reload_timeout = value_of(engine, "ReloadTimeout")->number,
        .shutdown_timeout = value_of(engine, "ShutdownTimeout")->number,
        .stall_warning = value_of(engine, "StallWarning")->number,
        .netlink_buffer_size = value_of(engine, "NetlinkBufferSize")->number,
    };
}
