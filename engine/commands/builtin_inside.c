/* What goes on inside: processes, services, ports, the gate, memory, the loop; clear counters. */
#include "engine/commands/builtin_internal.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/gate.h"
#include "engine/ports/ports.h"
#include "engine/services.h"
#include "lib/cleanup.h"

static const struct vane_builtin_host *host_of(void *user)
{
    return ((const struct vane_builtin *)user)->host;
}

static const struct vane_engine *engine_of(void *user)
{
    return ((const struct vane_builtin *)user)->engine;
}

/* ---- processes ---- */

static void write_process(struct vane_json *json, const char *name, const char *type,
                          const char *state)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "name", name);
    vane_json_member_string(json, "type", type);
    vane_json_member_string(json, "state", state);
    vane_json_object_end(json);
}

static int show_processes(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = host_of(user);
    struct vane_plugin_status status;
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    write_process(&json, "netvaned", "engine", "running");
    for (unsigned i = 0; host->plugin && host->plugin(host->user, i, &status) >= 0; i++) {
        if (status.descriptor)
            write_process(&json, status.name, "plugin", status.state);
    }
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

/* ---- services and ports ---- */

static int show_services(void *user, struct vane_request *request)
{
    const struct vane_service_registry *services = engine_of(user)->services;
    struct vane_service_status status;
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (unsigned i = 0; services && vane_service_registry_at(services, i, &status) >= 0; i++) {
        vane_json_object_begin(&json);
        vane_json_member_string(&json, "name", status.name);
        vane_json_member_uint64(&json, "version", status.version);
        vane_json_member_string(&json, "provider", status.provider);
        vane_json_member_uint64(&json, "watchers", status.watchers);
        vane_json_object_end(&json);
    }
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

static void write_port(struct vane_json *json, const struct vane_port_status *status)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "address", status->address);
    vane_json_member_string(json, "plugin", status->plugin);
    vane_json_member_uint64(json, "connections", status->counters.connections);
    vane_json_member_uint64(json, "accepted", status->counters.accepted);
    vane_json_member_uint64(json, "refused", status->counters.refused);
    vane_json_member_uint64(json, "bytes_received", status->counters.bytes_received);
    vane_json_member_uint64(json, "bytes_sent", status->counters.bytes_sent);
    vane_json_member_uint64(json, "bytes_queued", status->queued);
    vane_json_object_end(json);
}

static int show_ports(void *user, struct vane_request *request)
{
    const struct vane_port_table *ports = engine_of(user)->ports;
    struct vane_port_status status;
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (unsigned i = 0; ports && vane_port_table_at(ports, i, &status) >= 0; i++)
        write_port(&json, &status);
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

/* ---- the gate ---- */

static int show_gate(void *user, struct vane_request *request)
{
    const struct vane_gatekeeper *gate = engine_of(user)->gate;
    struct vane_gate_counters counters;
    struct vane_json json = {0};
    const char *keeper;

    if (!gate)
        return vane_builtin_missing(request);
    counters = vane_gate_counted(gate);
    keeper = vane_gate_keeper(gate);
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "keeper", keeper ? keeper : "default rules");
    vane_json_member_uint64(&json, "allowed", counters.allowed);
    vane_json_member_uint64(&json, "denied", counters.denied);
    vane_json_member_uint64(&json, "errors", counters.errors);
    vane_json_object_end(&json);
    return vane_builtin_reply(request, &json);
}

/* ---- memory ---- */

/* In KiB, as proc(5) has them. */
static void write_kernel_view(struct vane_json *json)
{
    static const struct {
        const char *field, *member;
    } wanted[] = {
        {"VmRSS:", "resident_kib"},    {"VmHWM:", "resident_peak_kib"},
        {"RssAnon:", "anonymous_kib"}, {"RssFile:", "file_backed_kib"},
        {"VmData:", "data_kib"},       {"VmSwap:", "swapped_kib"},
    };
    _cleanup_fclose_ FILE *file = fopen("/proc/self/status", "re");
    char line[128], name[32];
    unsigned long long value;

    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%31s %llu", name, &value) != 2)
            continue;
        for (size_t i = 0; i < ELEMENTS(wanted); i++) {
            if (strcmp(wanted[i].field, name) == 0)
                vane_json_member_uint64(json, wanted[i].member, value);
        }
    }
}

static int show_memory(void *user, struct vane_request *request)
{
    const struct vane_event_bus *bus = engine_of(user)->bus;
    struct mallinfo2 heap = mallinfo2();
    struct vane_json json = {0};

    vane_json_object_begin(&json);
    write_kernel_view(&json);
    vane_json_member_uint64(&json, "heap_in_use_kib", heap.uordblks / 1024);
    vane_json_member_uint64(&json, "heap_free_kib", heap.fordblks / 1024);
    vane_json_member_uint64(&json, "events_kept",
                            vane_event_bus_next_seq(bus) - vane_event_bus_oldest_seq(bus));
    vane_json_object_end(&json);
    return vane_builtin_reply(request, &json);
}

/* ---- the loop ---- */

static void write_load(struct vane_json *json, const char *name,
                       const struct vane_plugin_load *load)
{
    vane_json_object_begin(json);
    vane_json_member_string(json, "plugin", name);
    vane_json_member_uint64(json, "calls", load->calls);
    vane_json_member_uint64(json, "time_us", load->busy_ns / 1000);
    vane_json_member_uint64(json, "average_us",
                            load->calls ? load->busy_ns / load->calls / 1000 : 0);
    vane_json_member_uint64(json, "slowest_us", load->slowest_ns / 1000);
    vane_json_member_string(json, "slowest", load->slowest ? load->slowest : "");
    vane_json_member_uint64(json, "queued", load->queued);
    vane_json_member_bool(json, "debug", load->debug);
    vane_json_object_end(json);
}

static int show_loop(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = host_of(user);
    struct vane_plugin_status status;
    struct vane_plugin_load load;
    struct vane_json json = {0};

    vane_json_array_begin(&json);
    for (unsigned i = 0; host->plugin && host->plugin(host->user, i, &status) >= 0; i++) {
        if (host->plugin_load && host->plugin_load(host->user, status.name, false, &load) >= 0)
            write_load(&json, status.name, &load);
    }
    vane_json_array_end(&json);
    return vane_builtin_reply(request, &json);
}

static int clear_counters(void *user, struct vane_request *request)
{
    const struct vane_builtin_host *host = host_of(user);
    const struct vane_engine *engine = engine_of(user);
    struct vane_plugin_status status;
    struct vane_plugin_load load;

    for (unsigned i = 0; host->plugin && host->plugin(host->user, i, &status) >= 0; i++) {
        if (host->plugin_load)
            (void)host->plugin_load(host->user, status.name, true, &load);
    }
    if (engine->gate)
        vane_gate_clear_counted(engine->gate);
    vane_builtin_outcome(request, 0, "the counters of the loop and the gate are cleared");
    return 0;
}

static const struct vane_command_word words[] = {
    {"show", "what is running, and how it is set up"},
    {"processes", "the engine and the plugins that are loaded"},
    {"services", "what plugins offer to each other"},
    {"ports", "where plugins listen, and their traffic"},
    {"gate", "who decides what may be done, and how it was decided"},
    {"memory", "what the daemon takes of it"},
    {"loop", "the time that each plugin took, and its slowest call"},
    {"clear", "begin to count anew"},
    {"counters", "those of \"show loop\" and \"show gate\""},
};

static const struct vane_command_column process_columns[] = {
    {"Name", "name"}, {"Type", "type"}, {"State", "state"}};
static const struct vane_command_column service_columns[] = {{"Service", "name"},
                                                             {"Version", "version"},
                                                             {"Provider", "provider"},
                                                             {"Watchers", "watchers"}};
static const struct vane_command_column port_columns[] = {
    {"Address", "address"},   {"Plugin", "plugin"},       {"Connections", "connections"},
    {"Accepted", "accepted"}, {"Refused", "refused"},     {"Received", "bytes_received"},
    {"Sent", "bytes_sent"},   {"Queued", "bytes_queued"},
};
static const struct vane_command_column loop_columns[] = {
    {"Plugin", "plugin"},           {"Calls", "calls"},
    {"Time (us)", "time_us"},       {"Average (us)", "average_us"},
    {"Slowest (us)", "slowest_us"}, {"Slowest call", "slowest"},
    {"Queued", "queued"},           {"Debug", "debug"},
};

const struct vane_command vane_builtin_inside[] = {
    {
        .syntax = "show processes",
        .help = "Show the engine and the plugins that are loaded",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(process_columns),
        .run = show_processes,
    },
    {
        .syntax = "show services",
        .help = "Show what plugins offer to each other",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(service_columns),
        .run = show_services,
    },
    {
        .syntax = "show ports",
        .help = "Show where plugins listen, and their traffic",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(port_columns),
        .run = show_ports,
    },
    {
        .syntax = "show gate",
        .help = "Show who decides what may be done, and how often it was allowed",
        VANE_BUILTIN_WORDS(words),
        .run = show_gate,
    },
    {
        .syntax = "show memory",
        .help = "Show the memory that the daemon takes",
        VANE_BUILTIN_WORDS(words),
        .run = show_memory,
    },
    {
        .syntax = "show loop",
        .help = "Show the time that each plugin took of the loop",
        VANE_BUILTIN_WORDS(words),
        VANE_BUILTIN_COLUMNS(loop_columns),
        .run = show_loop,
    },
    {
        .flags = VANE_COMMAND_CHANGES,
        .syntax = "clear counters",
        .help = "Begin to count the loop's time and the gate's decisions anew",
        VANE_BUILTIN_WORDS(words),
        .run = clear_counters,
    },
};
const unsigned vane_builtin_inside_count = ELEMENTS(vane_builtin_inside);
