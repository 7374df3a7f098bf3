/* netvaned: the command line, and one engine. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "engine/config/configuration.h"
#include "engine/descriptors.h"
#include "engine/engine.h"
#include "engine/log-ring.h"
#include "engine/plugins/set.h"
#include "engine/version.h"

/* One thread does nearly everything: further arenas would only cost memory. */
static void be_frugal(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

static void setup_log(const struct vane_engine *engine)
{
    struct vane_log_settings settings = {
        .level = vane_configuration_settings(engine->configuration)->log_level,
        .ident = vane_configuration_program(engine->configuration),
    };

    vane_log_setup(&settings);
}

static int check(const struct vane_engine *engine)
{
    bool sound = !engine->sources_broken && !engine->plugins_broken;

    if (sound)
        printf("The configuration %s and %u plugin%s are in order.\n",
               vane_configuration_file(engine->configuration), engine->plugins->order->len,
               engine->plugins->order->len == 1 ? "" : "s");
    return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Somebody who makes a link expects a profile of that name. */
static void say_if_without_profile(const struct vane_engine *engine, const char *called)
{
    const char *program = vane_configuration_program(engine->configuration);
    g_autofree char *name = g_path_get_basename(called);

    if (strcmp(name, "netvaned") != 0 && strcmp(name, program) != 0)
        vane_info("config", "there is no profile %s.conf; the configuration is %s", name,
                  vane_configuration_file(engine->configuration));
}

static int run(struct vane_engine *engine, const char *called)
{
    if (engine->sources_broken) {
        vane_error("engine", "not started: the configuration has errors");
        return EXIT_FAILURE;
    }
    say_if_without_profile(engine, called);
    return vane_engine_run(engine) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int help(const struct vane_engine *engine)
{
    g_autofree char *text = vane_configuration_help(engine->configuration);

    fputs(text, stdout);
    return EXIT_SUCCESS;
}

static int act(struct vane_engine *engine, const char *called)
{
    switch (vane_configuration_action(engine->configuration)) {
    case VANE_ACTION_RUN:
        return run(engine, called);
    case VANE_ACTION_CHECK:
        return check(engine);
    case VANE_ACTION_VERSION:
        printf("netvaned %s\n", vane_version());
        return EXIT_SUCCESS;
    case VANE_ACTION_HELP:
        return help(engine);
    }
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct vane_configuration_sources sources = {.argc = argc, .argv = argv};
    struct vane_problems *configuration_problems = vane_problems_new();
    struct vane_problems *plugin_problems = vane_problems_new();
    struct vane_engine *engine;
    int status;

    be_frugal();
    vane_descriptors_raise();
    engine = vane_engine_new(&sources, configuration_problems, plugin_problems);
    setup_log(engine);
    vane_log_ring_start();
    vane_problems_log(configuration_problems, "config");
    vane_problems_log(plugin_problems, "plugins");
    vane_problems_free(configuration_problems);
    vane_problems_free(plugin_problems);
    status = act(engine, argc > 0 ? argv[0] : "netvaned");
    if (engine->abandoned) { /* exit() would wait for the threads of the pool */
        fflush(NULL);
        _exit(status);
    }
    vane_engine_free(engine);
    vane_log_ring_stop();
    return status;
}
