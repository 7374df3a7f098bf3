/* Tells whether the files of a configuration are still as they were read. See configuration.h. */
#include "engine/config/configuration-internal.h"
#include "engine/config/sources.h"

char *vane_configuration_digest(const struct vane_configuration *configuration)
{
    return vane_sources_digest(configuration->ini);
}

/* What is wrong with the files is of no interest here, but part of the digest. */
char *vane_configuration_digest_now(const struct vane_configuration *configuration)
{
    __attribute__((cleanup(vane_ini_cleanup))) struct vane_ini *ini = vane_ini_new();
    __attribute__((cleanup(vane_problems_cleanup))) struct vane_problems *problems =
        vane_problems_new();

    for (guint i = 0; i < configuration->sources->len; i++) {
        const struct vane_configuration_source *source =
            &g_array_index(configuration->sources, struct vane_configuration_source, i);

        vane_sources_read(ini, source->path, source->required, problems);
    }
    return vane_sources_digest(ini);
}
