/* The plugin's own keys: read or made when they are first needed, and the commands about them. */
#include <errno.h>

#include "lib/array.h"
#include "lib/cleanup.h"
#include "lib/json/writer.h"
#include "plugins/webhook/secret.h"
#include "plugins/webhook/webhook.h"

int vane_webhook_need_keys(struct vane_webhook_plugin *plugin)
{
    g_autofree char *why = NULL;
    int r;

    if (plugin->keys)
        return 0;
    plugin->keys = vane_signing_keys_new();
    r = vane_signing_keys_read(plugin->keys_path, plugin->keys, &why);
    if (r == 0)
        return 0;
    plugin->host->log->print(plugin->self, VANE_LOG_ERROR,
                             "the keys to sign with cannot be used: %s", why);
    g_clear_pointer(&plugin->keys, g_array_unref);
    return r;
}

/* false, and the request is answered: they cannot be used. */
static bool has_keys(struct vane_webhook_plugin *plugin, struct vane_request *request)
{
    int r = vane_webhook_need_keys(plugin);

    if (r < 0)
        (void)plugin->host->commands->fail(request, r,
                                           "the keys to sign with cannot be used; see the log");
    return r == 0;
}

static int show_keys(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;
    _cleanup_(vane_json_clear) struct vane_json json = {0};
    const char *text;
    size_t length;

    if (!has_keys(plugin, request))
        return 0;
    vane_json_array_begin(&json);
    for (guint i = 0; i < plugin->keys->len; i++) {
        g_autofree char *public =
            vane_signing_key_public(&g_array_index(plugin->keys, struct vane_signing_key, i));

        vane_json_object_begin(&json);
        vane_json_member_string(&json, "public_key", public);
        vane_json_object_end(&json);
    }
    vane_json_array_end(&json);
    text = vane_json_text(&json, &length);
    return plugin->host->commands->reply(request, text, length);
}

static int save_keys(const struct vane_webhook_plugin *plugin, struct vane_request *request)
{
    g_autofree char *text = NULL;
    int r = vane_signing_keys_write(plugin->keys_path, plugin->keys);

    if (r == 0)
        return plugin->host->commands->reply(request, "{}", 2);
    text = g_strdup_printf("%s cannot be written: %s; the keys are in use until the next start",
                           plugin->keys_path, g_strerror(-r));
    return plugin->host->commands->fail(request, r, text);
}

static int rotate_key(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_signing_key key = {0};

    if (!has_keys(plugin, request))
        return 0;
    if (plugin->keys->len >= 4)
        return plugin->host->commands->fail(
            request, -E2BIG, "there are four keys already; \"webhook retire-keys\" leaves one");
    if (vane_signing_key_make(&key) < 0)
        return -ENOMEM;
    g_array_prepend_val(plugin->keys, key);
    return save_keys(plugin, request);
}

static int retire_keys(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;

    if (!has_keys(plugin, request))
        return 0;
    g_array_set_size(plugin->keys, 1);
    return save_keys(plugin, request);
}

static const struct vane_command_column columns[] = {{"Public key", "public_key"}};

int vane_webhook_key_commands_add(struct vane_webhook_plugin *plugin)
{
    int r = vane_webhook_command_add(plugin, "webhook keys",
                                     "Show what receivers need to check our own signatures", 0,
                                     show_keys, columns, ELEMENTS(columns));

    if (r == 0)
        r = vane_webhook_command_add(plugin, "webhook rotate-key",
                                     "Sign with a new key of our own beside the old ones",
                                     VANE_COMMAND_CHANGES, rotate_key, NULL, 0);
    if (r == 0)
        r = vane_webhook_command_add(plugin, "webhook retire-keys",
                                     "Sign with the newest key of our own alone",
                                     VANE_COMMAND_CHANGES, retire_keys, NULL, 0);
    return r;
}
