/* A message of the window: its event while that is in memory, else the text of it. See webhook.h.
 */
#include "lib/json/reader.h"
#include "plugins/webhook/webhook.h"

void vane_message_clear(struct vane_webhook_plugin *plugin, struct vane_webhook_message *message)
{
    if (message->event)
        plugin->host->bus->event_unref(message->event);
    g_free(message->text);
    g_free(message->id);
    *message = (struct vane_webhook_message){0};
}

static char *member(const struct vane_webhook_message *message, const char *name)
{
    struct vane_json_view value;
    char *text = NULL;

    if (vane_json_find(vane_json_root(message->json, message->length), name, &value))
        (void)vane_json_get_string(value, &text);
    return text;
}

const char *vane_message_id(const struct vane_webhook_plugin *plugin,
                            struct vane_webhook_message *message)
{
    if (message->event)
        return plugin->host->bus->event_id(message->event);
    if (!message->id)
        message->id = member(message, "id");
    return message->id;
}

char *vane_message_topic(const struct vane_webhook_plugin *plugin,
                         const struct vane_webhook_message *message)
{
    return message->event ? g_strdup(plugin->host->bus->event_topic(message->event))
                          : member(message, "topic");
}
