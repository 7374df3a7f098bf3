/* The tables that every plugin gets. Each room of the engine brings its own. */
#include "engine/commands/registry.h"
#include "engine/config/table.h"
#include "engine/gate.h"
#include "engine/identity.h"
#include "engine/links/table.h"
#include "engine/log-table.h"
#include "engine/loop/loop.h"
#include "engine/plugins/set.h"
#include "engine/ports/ports.h"
#include "engine/services.h"

const struct vane_host vane_host_tables = {
    .size = sizeof(struct vane_host),
    .version = VANE_ABI_MINOR,
    .log = &vane_log_table,
    .config = &vane_config_table,
    .loop = &vane_loop_table,
    .bus = &vane_bus_table,
    .links = &vane_links_table,
    .ports = &vane_ports_table,
    .gate = &vane_gate_table,
    .commands = &vane_commands_table,
    .services = &vane_services_table,
    .identity = &vane_identity_table,
};
