/* What the test plugins share: a descriptor in one line, and words in the log for the tests. */
#ifndef TESTS_PLUGINS_PLUGIN_H
#define TESTS_PLUGINS_PLUGIN_H

#include <errno.h>

#include <netvane/plugin.h>

/* TEST_PLUGIN(.init = init, ...) registers a plugin that has its file's name. */
#define TEST_PLUGIN(...)                                                                           \
    static const struct vane_plugin plugin = {                                                     \
        VANE_PLUGIN_HEAD(PLUGIN_NAME, "1.0"),                                                      \
        .description = "Test plugin",                                                              \
        .licence = "MIT",                                                                          \
        __VA_ARGS__,                                                                               \
    };                                                                                             \
    VANE_PLUGIN(plugin)

#define SAY(...) host->log->print(self, VANE_LOG_NOTICE, __VA_ARGS__)

#endif
