/* The last answers of the gate, for those who ask why. */
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/policy/policy.h"

#define FACTS_MAX 4096u /* bytes of JSON that are kept of one */

static void write_field(struct vane_json *json, const struct vane_field *field)
{
    switch (field->type) {
    case VANE_STRING:
        vane_json_member_string(json, field->name, field->value.string);
        break;
    case VANE_INT64:
        vane_json_member_int64(json, field->name, field->value.int64);
        break;
    case VANE_UINT64:
        vane_json_member_uint64(json, field->name, field->value.uint64);
        break;
    case VANE_DOUBLE:
        vane_json_key(json, field->name);
        vane_json_double(json, field->value.real);
        break;
    case VANE_BOOL:
        vane_json_member_bool(json, field->name, field->value.boolean != 0);
        break;
    case VANE_STRINGS:
        vane_json_key(json, field->name);
        vane_json_array_begin(json);
        for (uint32_t i = 0; i < field->count; i++)
            vane_json_string(json, field->value.strings[i]);
        vane_json_array_end(json);
        break;
    case VANE_JSON:
        vane_json_key(json, field->name);
        vane_json_raw(json, field->value.string, field->count);
        break;
    default:
        break;
    }
}

static void write_facts(struct vane_json *json, const struct vane_fields *facts)
{
    const char *at = (const char *)facts->at;

    for (uint32_t i = 0; i < facts->count && json->length < FACTS_MAX;
         i++, at += facts->field_size) {
        const struct vane_field *field = (const struct vane_field *)(const void *)at;

        if (field->name)
            write_field(json, field);
    }
}

/* The writer works in the buffer of the decision that is forgotten: nothing is allocated. */
void vane_policy_remember(struct vane_policy_plugin *plugin, const char *asker,
                          const struct vane_gate_request *request,
                          const struct vane_verdict *verdict)
{
    const char *cause = plugin->host->bus->event_id(request->cause);
    struct vane_policy_decision *decision;
    struct vane_json json;

    if (!plugin->decisions)
        plugin->decisions = g_new0(struct vane_policy_decision, VANE_POLICY_DECISIONS);
    decision = &plugin->decisions[plugin->decided++ % VANE_POLICY_DECISIONS];
    json = (struct vane_json){.text = decision->text, .capacity = decision->room};
    vane_json_object_begin(&json);
    vane_json_member_string(&json, "action", request->action);
    vane_json_member_string(&json, "asker", asker);
    vane_json_member_string(&json, "origin",
                            request->origin == VANE_ORIGIN_LOCAL ? "local" : "remote");
    vane_json_member_string(&json, "access",
                            request->access == VANE_ACCESS_READ ? "read" : "change");
    vane_json_member_string(&json, "cause", cause);
    vane_json_key(&json, "facts");
    vane_json_object_begin(&json);
    if (request->facts)
        write_facts(&json, request->facts);
    vane_json_object_end(&json);
    vane_json_object_end(&json);
    (void)vane_json_text(&json, NULL);
    decision->text = json.text;
    decision->room = json.capacity;
    decision->allowed = verdict->allowed != 0;
    g_strlcpy(decision->cause, cause, sizeof(decision->cause));
    g_strlcpy(decision->rule, verdict->rule, sizeof(decision->rule));
}

void vane_policy_decisions_clear(struct vane_policy_plugin *plugin)
{
    for (size_t i = 0; plugin->decisions && i < VANE_POLICY_DECISIONS; i++)
        g_free(plugin->decisions[i].text);
    g_clear_pointer(&plugin->decisions, g_free);
}
