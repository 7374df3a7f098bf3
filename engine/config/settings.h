/*
 * The options of [Engine]: one table for parsing, checking, help and documentation, and the checked
 * values as a struct for the engine's rooms.
 */
#ifndef NETVANE_ENGINE_CONFIG_SETTINGS_H
#define NETVANE_ENGINE_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <netvane/plugin.h>

/* Values of SystemBus= and Networkd=. */
enum vane_tristate { VANE_NO, VANE_YES, VANE_AUTO };

/* Times are in microseconds, INT64_MAX being "infinity"; sizes in bytes. Strings belong to the
 * configuration. */
struct vane_engine_settings {
    const char *const *plugin_directories; /* ends with NULL */
    const char *state_directory;
    const char *runtime_directory;
    const char *control_group;
    const char *identity_key_file; /* NULL: a key of the daemon's own */
    uint32_t event_history;
    uint32_t log_level; /* LogLevel= moved by -v and -q; 2, below VANE_LOG_ERROR, is silence */
    bool print_events;
    bool watch_configuration;
    bool control_socket;
    enum vane_tristate system_bus;
    enum vane_tristate networkd;
    int64_t start_timeout;
    int64_t reload_timeout;
    int64_t shutdown_timeout;
    int64_t stall_warning;
    int64_t netlink_buffer_size;
};

/* The table, for documentation. VANE_OPTION_RESTART marks what only a new daemon takes up. */
const struct vane_option *vane_engine_options(uint32_t *count);

/* The options that every [Plugin NAME] has: Enabled= and OnFailure=. */
const struct vane_option *vane_plugin_common_options(uint32_t *count);

#endif
