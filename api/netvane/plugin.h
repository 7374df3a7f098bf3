/*
 * What a plugin is: its descriptor, its options, its registration. Include this header only;
 * it brings the others.
 *
 * A plugin is one shared object. Its name is its file's name without ".so".
 *
 *     static int init(struct vane_self *self, const struct vane_host *host) { ... }
 *     static int shutdown(struct vane_self *self) { ... }
 *
 *     static const struct vane_plugin plugin = {
 *         VANE_PLUGIN_HEAD("hello", "1.0"),
 *         .description = "Says hello to every new link",
 *         .licence = "MIT",
 *         .init = init,
 *         .shutdown = shutdown,
 *     };
 *     VANE_PLUGIN(plugin)
 */
#ifndef NETVANE_PLUGIN_H
#define NETVANE_PLUGIN_H

#include <netvane/abi.h>
#include <netvane/fields.h>
#include <netvane/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Types of an option (struct vane_option.type). Since 1.0. */
#define VANE_OPTION_STRING    1u  /* any text */
#define VANE_OPTION_BOOL      2u  /* yes no true false on off 1 0 */
#define VANE_OPTION_INTEGER   3u  /* a decimal int64, within minimum and maximum */
#define VANE_OPTION_TIME      4u  /* systemd.time(7) span; read as microseconds; bare = seconds */
#define VANE_OPTION_SIZE      5u  /* bytes, with K, M, G to the base of 1024 */
#define VANE_OPTION_PATH      6u  /* one absolute path */
#define VANE_OPTION_PATH_LIST 7u  /* absolute paths joined with colons, as PATH has them */
#define VANE_OPTION_LIST      8u  /* words separated by spaces or commas */
#define VANE_OPTION_CHOICE    9u  /* one of the words in `choices` */
#define VANE_OPTION_MODE      10u /* file mode in octal */

/* Flags of an option. Since 1.0. */
#define VANE_OPTION_SECRET  1u /* its value is never shown */
#define VANE_OPTION_RESTART 2u /* a change restarts the plugin even if it has reload() */

/*
 * One option of a plugin. The engine parses, checks and documents it; the plugin reads the
 * checked value through host->config. All strings are static.
 */
struct vane_option {
    const char *name;          /* as in the file: "ScriptDirectory" */
    const char *section;       /* NULL: [Plugin NAME]; "Webhook": in each [Webhook NAME] */
    const char *default_value; /* as it would stand in the file; NULL: unset */
    const char *help;          /* one sentence */
    const char *choices;       /* for VANE_OPTION_CHOICE: words separated by spaces */
    const char *long_option;   /* command line: "script-dir" for --script-dir; NULL: none */
    uint32_t letter;           /* command line: 'S' for -S; 0: none. A bool takes no argument */
    uint32_t type;             /* VANE_OPTION_STRING ... */
    int64_t minimum;           /* for integers, times (microseconds), sizes (bytes) ... */
    int64_t maximum;           /* ... both 0: no bounds */
    uint32_t flags;            /* VANE_OPTION_SECRET ... */
    uint32_t reserved;         /* 0 */
};

/*
 * The descriptor: static and constant. `requires_plugins` and `after_plugins` end with NULL; the
 * plugin is initialised after all those named there that are enabled, and it is refused when a
 * required one is missing. (Plain `requires` is a keyword in C++.)
 */
struct vane_plugin {
    uint32_t size;         /* sizeof(struct vane_plugin) */
    uint16_t abi_major;    /* VANE_ABI_MAJOR */
    uint16_t needed_minor; /* the least VANE_ABI_MINOR it can work with; default 0 */
    const char *name;      /* the file's name without .so; [a-z0-9][a-z0-9-]*, at most 32 bytes */
    const char *version;
    const char *description; /* one line */
    const char *licence;     /* SPDX identifier */
    const char *const *requires_plugins;
    const char *const *after_plugins;
    const struct vane_option *options;
    uint32_t option_size; /* sizeof(struct vane_option) */
    uint32_t option_count;

    /*
     * Called once the engine runs, in order of names and requirements. `self` and `host` stay
     * valid for the rest of the process. May be called again after shutdown().
     * Returns 0; -EINPROGRESS when loop->done() will follow within the start deadline;
     * -EOPNOTSUPP for "not on this system", which disables the plugin with one line (say why with
     * log->unavailable() first); any other error aborts the start of the daemon unless the
     * configuration has OnFailure=disable. After an error shutdown() is not called: what was
     * acquired is revoked, what the host does not know of is the plugin's to free before.
     */
    int (*init)(struct vane_self *self, const struct vane_host *host);

    /*
     * The plugin's configuration has changed; host->config already has the new values, which are
     * within the option table's bounds. NULL: the plugin is restarted instead. On an error the
     * plugin must be as it was before; the old values stay in force, and the operator is told.
     * May return -EINPROGRESS.
     */
    int (*reload)(struct vane_self *self);

    /*
     * The daemon or the plugin stops. The host is still usable for last work. May return
     * -EINPROGRESS and call loop->done() within the deadline (loop->deadline()). Afterwards the
     * host revokes whatever is left and calls the plugin no more.
     */
    int (*shutdown)(struct vane_self *self);
};

/* The head of a descriptor with the sizes and versions of these headers. */
#define VANE_PLUGIN_HEAD(plugin_name, plugin_version)                                              \
    VANE_PLUGIN_HEAD_NEEDING(plugin_name, plugin_version, 0)

/* The same for a plugin that cannot do without what came with API 1.`minor`. */
#define VANE_PLUGIN_HEAD_NEEDING(plugin_name, plugin_version, minor)                               \
    .size = sizeof(struct vane_plugin), .abi_major = VANE_ABI_MAJOR, .needed_minor = (minor),      \
    .name = (plugin_name), .version = (plugin_version)

/* The option members of a descriptor from an array of struct vane_option. */
#define VANE_PLUGIN_OPTIONS(array)                                                                 \
    .options = (array), .option_size = sizeof((array)[0]),                                         \
    .option_count = sizeof(array) / sizeof((array)[0])

/*
 * Registers a descriptor with the host that is loading this shared object. Called by
 * VANE_PLUGIN() only. Returns 0; -EINVAL when nothing is being loaded or the descriptor is NULL;
 * -EEXIST for a second registration from one file. The host reports every refusal. Since 1.0.
 */
__attribute__((visibility("default"))) int vane_plugin_register(const struct vane_plugin *plugin);

/* The one line that makes a shared object a plugin. */
#define VANE_PLUGIN(descriptor)                                                                    \
    __attribute__((constructor)) static void vane_register_this_plugin(void)                       \
    {                                                                                              \
        (void)vane_plugin_register(&(descriptor));                                                 \
    }

#ifdef __cplusplus
}
#endif

#endif
