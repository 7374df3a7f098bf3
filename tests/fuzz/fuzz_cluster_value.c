/*
 * A signature, a newline, JSON: the arguments of a call. Refused with a sentence; or a message
 * that, written as JSON and appended again, is written the same.
 */
#include <string.h>
#include <sys/socket.h>

#include <glib.h>

#include "lib/json/scanner.h"
#include "lib/nats/signature.h"
#include "plugins/cluster/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vane_json_limits limits = {
    .size = 65536, .depth = VANE_JSON_DEPTH_MAX, .members = 512, .uint64 = true};

static sd_bus *bus;

static void start(void)
{
    int sockets[2];

    g_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
    g_assert(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, sockets[0], sockets[0]) >= 0);
    g_assert(sd_bus_start(bus) >= 0);
}

static sd_bus_message *append(const char *signature, const char *json)
{
    char error[VANE_VALUE_ERROR_SIZE] = "";
    sd_bus_message *message = NULL;

    g_assert(sd_bus_message_new_method_call(bus, &message, "a.b", "/", "a.b", "C") >= 0);
    if (vane_value_append(message, signature, NULL, vane_json_root(json, strlen(json)), error) <
        0) {
        g_assert(error[0]);
        return sd_bus_message_unref(message);
    }
    g_assert(sd_bus_message_seal(message, 1, 0) >= 0 && sd_bus_message_rewind(message, 1) >= 0);
    return message;
}

/* NULL: nested too deeply for JSON. */
static char *write_out(sd_bus_message *message)
{
    const struct vane_value_style style = {.variant_signatures = true};
    struct vane_json json = {0};
    char *text;
    int r;

    vane_json_array_begin(&json);
    r = vane_value_write(&json, message, &style);
    while (json.depth > 1)
        vane_json_array_end(&json);
    vane_json_array_end(&json);
    text = vane_json_steal(&json, NULL);
    if (r < 0)
        g_clear_pointer(&text, g_free);
    return text;
}

static void check(const char *signature, const char *json)
{
    sd_bus_message *message = append(signature, json), *second;
    g_autofree char *text = message ? write_out(message) : NULL, *again = NULL;

    if (text && vane_json_scan(text, strlen(text), &limits, NULL) == 0) {
        second = append(signature, text);
        g_assert(second);
        again = write_out(second);
        g_assert(strcmp(text, again) == 0);
        sd_bus_message_unref(second);
    }
    sd_bus_message_unref(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    char *json = strchr(text, '\n');

    if (!bus)
        start();
    if (!json)
        return 0;
    *json++ = '\0';
    if (vane_signature_valid(text) && vane_json_scan(json, strlen(json), &limits, NULL) == 0)
        check(text, json);
    return 0;
}
