/* Where things were installed. The build says so; these are the usual places. */
#ifndef NETVANE_ENGINE_CONFIG_PATHS_H
#define NETVANE_ENGINE_CONFIG_PATHS_H

#ifndef NETVANE_PLUGIN_DIR
#define NETVANE_PLUGIN_DIR "/usr/lib/netvane/plugins"
#endif
#ifndef NETVANE_SYSCONFDIR
#define NETVANE_SYSCONFDIR "/etc"
#endif
#ifndef NETVANE_DATADIR
#define NETVANE_DATADIR "/usr/share"
#endif

#endif
