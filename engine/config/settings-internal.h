/* Settings as the configuration makes them. For engine/config only. */
#ifndef NETVANE_ENGINE_CONFIG_SETTINGS_INTERNAL_H
#define NETVANE_ENGINE_CONFIG_SETTINGS_INTERNAL_H

#include "engine/config/option-set.h"
#include "engine/config/settings.h"

/* The options of [Profile]. */
const struct vane_option *vane_profile_options(uint32_t *count);

/* From the checked values of [Engine]; strings stay those of the set. `verbosity` is the number of
 * -v less that of -q. */
void vane_engine_settings_fill(struct vane_engine_settings *settings,
                               const struct vane_option_set *engine, int verbosity);

#endif
