/* `webhook test`: one event, sent at once beside the queue, and what became of it. See webhook.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/json/writer.h"
#include "plugins/webhook/webhook.h"

#define TESTS_MAX 8u

struct test {
    struct vane_webhook_plugin *plugin;
    char *endpoint;
    struct vane_request *request;
    struct vane_http_transfer transfer;
};

static void free_test(struct test *test)
{
    vane_http_transfer_clear(&test->transfer);
    g_free(test->endpoint);
    g_free(test);
}

static void forget(void *user)
{
    free_test(user);
}

static void show(const struct test *test, const char *words, uint64_t milliseconds)
{
    const struct vane_host *host = test->plugin->host;
    _cleanup_(vane_json_clear) struct vane_json json = {0};
    const char *text;
    size_t length;

    vane_json_object_begin(&json);
    vane_json_member_string(&json, "endpoint", test->endpoint);
    vane_json_member_bool(&json, "delivered", true);
    vane_json_member_string(&json, "answer", words);
    vane_json_member_uint64(&json, "duration_ms", milliseconds);
    vane_json_object_end(&json);
    text = vane_json_text(&json, &length);
    (void)host->commands->reply(test->request, text, length);
}

static void fail(const struct test *test, const char *words, uint64_t milliseconds)
{
    g_autofree char *text = g_strdup_printf("%s has not taken the event: %s, after %" PRIu64 " ms",
                                            test->endpoint, words, milliseconds);

    (void)test->plugin->host->commands->fail(test->request, -EIO, text);
}

/* The handle is in use until libcurl's call has returned: it is freed by a post. */
static void on_done(void *user, const struct vane_http_result *result)
{
    struct test *test = user;
    const struct vane_host *host = test->plugin->host;
    uint64_t milliseconds = result->duration_ns / 1000000;
    char words[CURL_ERROR_SIZE + 32];

    vane_result_words(result, words, sizeof(words));
    if (vane_retry_verdict(result->status) == VANE_DELIVERED)
        show(test, words, milliseconds);
    else
        fail(test, words, milliseconds);
    g_ptr_array_remove_fast(test->plugin->tests, test);
    if (host->loop->post(test->plugin->self, forget, test) < 0)
        free_test(test);
}

static int publish(struct vane_webhook_plugin *plugin, const char *name,
                   const struct vane_event **event)
{
    const struct vane_field fields[] = {vane_string("endpoint", name)};
    const struct vane_fields payload = VANE_FIELDS(fields);

    return plugin->host->bus->publish(plugin->self, "webhook.test", &payload, NULL, event);
}

static int send_event(struct test *test, struct vane_webhook_endpoint *endpoint)
{
    const struct vane_bus *bus = test->plugin->host->bus;
    const struct vane_event *event;
    struct vane_webhook_text text;
    g_autofree char *id = NULL;
    int r = publish(test->plugin, test->endpoint, &event);

    if (r < 0)
        return r;
    text.id = bus->event_id(event);
    r = bus->event_json(event, &text.json, &text.length);
    if (r == 0)
        r = vane_endpoint_fill(endpoint, &text, 1, &test->transfer, &id);
    bus->event_unref(event);
    test->transfer.done = on_done;
    test->transfer.user = test;
    return r == 0 ? vane_http_begin(&test->plugin->http, &test->transfer) : r;
}

static int run_test(void *user, struct vane_request *request)
{
    struct vane_webhook_plugin *plugin = user;
    struct vane_webhook_endpoint *endpoint = vane_webhook_named(plugin, request);
    struct test *test;
    int r;

    if (!endpoint)
        return 0;
    if (plugin->closing || plugin->tests->len >= TESTS_MAX)
        return plugin->host->commands->fail(request, -EBUSY, "other tests are under way");
    test = g_new0(struct test, 1);
    test->plugin = plugin;
    test->endpoint = g_strdup(endpoint->options->name);
    test->request = request;
    r = send_event(test, endpoint);
    if (r < 0) {
        free_test(test);
        return r;
    }
    g_ptr_array_add(plugin->tests, test);
    return -EINPROGRESS;
}

/* Endpoints change, or everything ends: what tests point to goes. */
void vane_webhook_tests_end(struct vane_webhook_plugin *plugin)
{
    while (plugin->tests && plugin->tests->len > 0) {
        struct test *test = g_ptr_array_steal_index_fast(plugin->tests, 0);

        (void)plugin->host->commands->fail(test->request, -ECANCELED,
                                           "the test was ended by a reload or a stop");
        free_test(test);
    }
}

int vane_webhook_test_commands_add(struct vane_webhook_plugin *plugin)
{
    return vane_webhook_command_add(plugin, "webhook test NAME",
                                    "Send an event to an endpoint now and show the answer",
                                    VANE_COMMAND_CHANGES, run_test, NULL, 0);
}
