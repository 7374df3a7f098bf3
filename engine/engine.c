/* An engine's making and unmaking. Its life in between is run.c. */
#include "engine/engine.h"

#include <errno.h>
#include <sys/stat.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "engine/config/configuration.h"
#include "engine/plugins/set.h"

struct vane_engine *vane_engine_new(struct vane_configuration_sources *sources,
                                    struct vane_problems *configuration_problems,
                                    struct vane_problems *plugin_problems)
{
    struct vane_engine *engine = g_new0(struct vane_engine, 1);
    struct vane_configuration *configuration;

    engine->thread = uv_thread_self();
    engine->sources = sources;
    configuration = vane_configuration_load(sources, configuration_problems);
    engine->plugins = vane_plugin_set_load(engine, configuration, plugin_problems);
    engine->sources_broken = vane_configuration_finish(configuration, configuration_problems) < 0;
    engine->plugins_broken = plugin_problems->errors > 0;
    engine->configuration = configuration;
    return engine;
}

void vane_engine_free(struct vane_engine *engine)
{
    if (!engine || engine->abandoned)
        return;
    vane_plugin_set_free(engine->plugins);
    vane_configuration_unref(engine->configuration);
    g_free(engine->refusal);
    g_free(engine);
}
