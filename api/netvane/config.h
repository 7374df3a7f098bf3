/*
 * The plugin's checked configuration. Values are there for every option of the plugin's table:
 * from the command line, else the files, else the default. `section` is NULL for [Plugin NAME],
 * else the name of an instance: "[Webhook ops]" is kind "Webhook", name "ops", and read with
 * section "Webhook ops".
 *
 * Returned strings and lists stay valid until the plugin's next reload() or shutdown() has
 * returned. All functions return -ENOENT for an option or section that was not declared or does not
 * exist, -ENODATA for an option that is unset and has no default, and -EINVAL for a wrong type.
 */
#ifndef NETVANE_CONFIG_H
#define NETVANE_CONFIG_H

#include <netvane/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vane_config {
    uint32_t size, version;

    /* The text of an option of type string, path or choice. Since 1.0. */
    int (*get_string)(struct vane_self *self, const char *section, const char *name,
                      const char **value);

    /* An option of type bool, 0 or 1. Since 1.0. */
    int (*get_bool)(struct vane_self *self, const char *section, const char *name, uint32_t *value);

    /*
     * An option of type integer, time (microseconds; INT64_MAX for "infinity"), size (bytes) or
     * mode. Since 1.0.
     */
    int (*get_int64)(struct vane_self *self, const char *section, const char *name, int64_t *value);

    /* The words of a list, or the paths of a path list, in order. Since 1.0. */
    int (*get_list)(struct vane_self *self, const char *section, const char *name,
                    const char *const **values, uint32_t *count);

    /* The instances of a repeatable section: "Webhook ops", "Webhook audit" ..., maybe none.
     * Since 1.0. */
    int (*sections)(struct vane_self *self, const char *kind, const char *const **sections,
                    uint32_t *count);

    /*
     * The plugin's own directory for lasting state, made on first use with mode 0700.
     * Errors: those of mkdir(2). Since 1.0.
     */
    int (*state_directory)(struct vane_self *self, const char **path);

    /* The daemon's directory for sockets, of all plugins: name yours after the plugin. Gone after
     * a reboot. Since 1.0. */
    int (*runtime_directory)(struct vane_self *self, const char **path);
};

#ifdef __cplusplus
}
#endif

#endif
