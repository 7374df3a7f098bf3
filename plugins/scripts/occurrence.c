/* What scripts are told. See occurrence.h. */
#include "plugins/scripts/occurrence.h"

#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "plugins/scripts/environment.h"
#include "plugins/scripts/states.h"
#include "plugins/scripts/status.h"

#define FILE_PREFIX "script-event-"

static char *text_of(const struct vane_scripts *scripts, const struct vane_payload *payload,
                     const char *name)
{
    const char *text;

    return payload && scripts->host->bus->get_string(payload, name, &text) == 0 ? g_strdup(text)
                                                                                : NULL;
}

static uint32_t index_of(const struct vane_scripts *scripts, const struct vane_payload *payload)
{
    uint64_t ifindex;

    if (!payload || scripts->host->bus->get_uint64(payload, "interface_index", &ifindex) < 0)
        return 0;
    return (uint32_t)ifindex;
}

static void identify(struct vane_occurrence *occurrence, const struct vane_payload *payload)
{
    if (!payload)
        return;
    if (!occurrence->ifindex)
        occurrence->ifindex = index_of(occurrence->scripts, payload);
    if (!occurrence->interface_name)
        occurrence->interface_name = text_of(occurrence->scripts, payload, "interface_name");
}

/* What nobody manages yet is shown as unmanaged, as networkctl(1) does. */
static char *administrative_state(const struct vane_occurrence *occurrence)
{
    char *state = text_of(occurrence->scripts, occurrence->link, "administrative_state");

    return state || !occurrence->link ? state : g_strdup("unmanaged");
}

/* A link that was removed lingers, whatever its last snapshot says. */
static void take_states(struct vane_occurrence *occurrence, bool removed)
{
    occurrence->operational = text_of(occurrence->scripts, occurrence->link, "operational_state");
    occurrence->administrative =
        removed ? g_strdup(VANE_STATE_LINGER) : administrative_state(occurrence);
    occurrence->gone = g_strcmp0(occurrence->administrative, VANE_STATE_LINGER) == 0;
}

struct vane_occurrence *vane_occurrence_new(struct vane_scripts *scripts,
                                            const struct vane_event *event,
                                            const struct vane_payload *link)
{
    const struct vane_bus *bus = scripts->host->bus;
    struct vane_occurrence *occurrence = g_new0(struct vane_occurrence, 1);

    occurrence->refs = 1;
    occurrence->scripts = scripts;
    occurrence->event = event ? bus->event_ref(event) : NULL;
    occurrence->link = link ? bus->payload_ref(link) : NULL;
    identify(occurrence, event ? bus->event_payload(event) : NULL);
    identify(occurrence, link);
    if (!occurrence->interface_name)
        occurrence->interface_name = g_strdup("");
    take_states(occurrence, event && strcmp(bus->event_topic(event), "link.removed") == 0);
    return occurrence;
}

struct vane_occurrence *vane_occurrence_ref(struct vane_occurrence *occurrence)
{
    occurrence->refs++;
    return occurrence;
}

void vane_occurrence_unref(struct vane_occurrence *occurrence)
{
    const struct vane_bus *bus = occurrence->scripts->host->bus;

    if (--occurrence->refs > 0)
        return;
    if (occurrence->event_file)
        (void)unlink(occurrence->event_file);
    if (occurrence->event)
        bus->event_unref(occurrence->event);
    if (occurrence->link)
        bus->payload_unref(occurrence->link);
    vane_document_free(occurrence->document);
    g_free(occurrence->event_file);
    g_free(occurrence->json);
    g_free(occurrence->administrative);
    g_free(occurrence->operational);
    g_free(occurrence->interface_name);
    g_free(occurrence);
}

static void make_event_file(struct vane_occurrence *occurrence, const char *text)
{
    struct vane_scripts *scripts = occurrence->scripts;
    g_autofree char *path = NULL;
    const char *directory;
    int r = scripts->host->config->runtime_directory(scripts->self, &directory);

    if (r == 0) {
        path = g_strdup_printf("%s/" FILE_PREFIX "%" G_GUINT64_FORMAT ".json", directory,
                               ++scripts->event_files);
        r = vane_file_create(path, text, strlen(text), 0600);
    }
    if (r < 0)
        scripts->host->log->print(scripts->self, VANE_LOG_WARNING,
                                  "cannot write an event of %zu bytes for scripts to %s: %s",
                                  strlen(text), path ? path : "the runtime directory",
                                  g_strerror(-r));
    else
        occurrence->event_file = g_steal_pointer(&path);
}

void vane_occurrence_sweep(struct vane_scripts *scripts)
{
    const char *directory, *name;
    GDir *files;

    if (scripts->host->config->runtime_directory(scripts->self, &directory) < 0)
        return;
    files = g_dir_open(directory, 0, NULL);
    while (files && (name = g_dir_read_name(files))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        if (g_str_has_prefix(name, FILE_PREFIX))
            (void)unlink(path);
    }
    if (files)
        g_dir_close(files);
}

static const char *event_text(const struct vane_occurrence *occurrence)
{
    const char *text;
    size_t length;

    if (!occurrence->event ||
        occurrence->scripts->host->bus->event_json(occurrence->event, &text, &length) < 0)
        return NULL;
    return text;
}

static struct vane_document *describe(const struct vane_occurrence *occurrence)
{
    const struct vane_status_input input = {
        .bus = occurrence->scripts->host->bus,
        .link = occurrence->link,
        .administrative_state = occurrence->administrative,
        .operational_state = occurrence->operational,
        .gone = occurrence->gone,
    };
    g_autofree char *kind = text_of(occurrence->scripts, occurrence->link, "kind");
    struct vane_document *document;
    struct vane_facts facts;

    if (!occurrence->link || occurrence->gone)
        return vane_status_document(&input, NULL);
    vane_facts_init(&facts);
    vane_facts_collect(&facts, occurrence->ifindex, occurrence->interface_name, kind);
    document = vane_status_document(&input, &facts);
    vane_facts_clear(&facts);
    return document;
}

static void put_into_words(struct vane_occurrence *occurrence)
{
    g_autofree char *file = NULL;

    if (occurrence->document)
        return;
    occurrence->document = describe(occurrence);
    occurrence->json = vane_document_json(occurrence->document);
    file = vane_environment_file_text(event_text(occurrence), occurrence->json);
    if (file)
        make_event_file(occurrence, file);
}

char **vane_occurrence_environment(struct vane_occurrence *occurrence,
                                   const struct vane_trigger *trigger)
{
    const struct vane_bus *bus = occurrence->scripts->host->bus;
    const struct vane_event *event = occurrence->event;

    put_into_words(occurrence);
    return vane_environment_build(&(struct vane_environment){
        .interface_name = occurrence->interface_name,
        .state = trigger->state,
        .address = trigger->address,
        .document = occurrence->document,
        .json = occurrence->json,
        .event_id = event ? bus->event_id(event) : NULL,
        .topic = event ? bus->event_topic(event) : NULL,
        .event = event_text(occurrence),
        .event_file = occurrence->event_file,
    });
}
