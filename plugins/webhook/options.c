/* Reading the options. See options.h. */
#include "plugins/webhook/options.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "plugins/webhook/address.h"
#include "plugins/webhook/headers.h"
#include "plugins/webhook/secret.h"

#define KIND "Webhook"

/* A section that is being read; `section` is NULL for a default endpoint that has none. */
struct reading {
    struct vane_self *self;
    const struct vane_host *host;
    const char *section;
    struct vane_webhook_endpoint_options *into;
    int result;
};

__attribute__((format(printf, 2, 3))) static void complain(struct reading *reading,
                                                           const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    reading->host->log->print(reading->self, VANE_LOG_ERROR, "[Webhook %s] %s", reading->into->name,
                              text);
    reading->result = -EINVAL;
}

static const char *text_of(const struct reading *reading, const char *name)
{
    const char *value;

    return reading->section &&
                   reading->host->config->get_string(reading->self, reading->section, name,
                                                     &value) == 0 &&
                   value[0]
               ? value
               : NULL;
}

static int64_t number_of(const struct reading *reading, const char *name, int64_t otherwise)
{
    int64_t value = otherwise;

    if (reading->section)
        (void)reading->host->config->get_int64(reading->self, reading->section, name, &value);
    return value;
}

static uint32_t list_of(const struct reading *reading, const char *name, const char *const **words)
{
    uint32_t count = 0;

    if (!reading->section ||
        reading->host->config->get_list(reading->self, reading->section, name, words, &count) < 0)
        return 0;
    return count;
}

static void read_url(struct reading *reading)
{
    const char *text = text_of(reading, "Url"), *why;
    bool is_default = strcmp(reading->into->name, VANE_WEBHOOK_DEFAULT) == 0;

    if (is_default) {
        if (text)
            complain(reading, "has Url=, but its URL is the one of \"netvane webhook set-url\"");
        return;
    }
    if (!text)
        complain(reading, "has no Url=, to which its events would go");
    else if (vane_url_parse(text, &reading->into->url, &why) < 0)
        complain(reading, "Url= cannot be used: %s", why);
}

static void read_topics(struct reading *reading)
{
    g_autoptr(GString) patterns = g_string_new(NULL);
    const char *const *words;
    uint32_t count = list_of(reading, "Topics", &words);

    for (uint32_t i = 0; i < count; i++) {
        if (reading->host->bus->match(words[i], "any") < 0)
            complain(reading, "Topics=%s is no topic pattern, which looks like \"link.*\"",
                     words[i]);
        g_string_append_printf(patterns, "%s%s", i > 0 ? " " : "", words[i]);
    }
    reading->into->topics = g_strdup(count > 0 ? patterns->str : ">");
}

static void read_format(struct reading *reading)
{
    const char *text = text_of(reading, "Format");
    bool is_default = strcmp(reading->into->name, VANE_WEBHOOK_DEFAULT) == 0;

    reading->into->format = is_default ? VANE_WEBHOOK_PILOT : VANE_WEBHOOK_STANDARD;
    if (text)
        (void)vane_webhook_format_parse(text, &reading->into->format);
}

static void read_secrets(struct reading *reading)
{
    const char *const *sources;
    const char *own_key = text_of(reading, "OwnKey");
    uint32_t count = list_of(reading, "Secret", &sources);
    bool plain = reading->into->format == VANE_WEBHOOK_PILOT;

    reading->into->secrets = vane_secrets_new();
    for (uint32_t i = 0; i < count; i++) {
        g_autofree char *why = NULL;
        struct vane_secret secret = {0};

        if (vane_secret_read(sources[i], plain, &secret, &why) < 0)
            complain(reading, "Secret=: %s", why);
        else
            g_array_append_val(reading->into->secrets, secret);
    }
    reading->into->own_key =
        !own_key || strcmp(own_key, "auto") == 0 ? count == 0 : strcmp(own_key, "yes") == 0;
}

static void read_headers_file(struct reading *reading, const char *source)
{
    g_autofree char *why = NULL;
    const char *complaint = NULL;
    char *text = NULL;
    size_t length = 0;

    if (vane_secret_text_read(source, &text, &length, &why) < 0)
        complain(reading, "HeadersFile=: %s", why);
    else if (vane_headers_parse(text, length, '\n', reading->into->headers, &complaint) < 0)
        complain(reading, "HeadersFile=%s cannot be used: %s", source, complaint);
    sodium_free(text);
}

/* The configuration is ordinary memory, which a core dump has. */
static void refuse_credentials(struct reading *reading)
{
    for (guint i = 0; i < reading->into->headers->len; i++) {
        const char *header = reading->into->headers->pdata[i];

        if (vane_header_is_credential(header))
            complain(reading,
                     "Headers= has %.*s, which is as good as a password: put it into a file that "
                     "only root can read, and name that in HeadersFile=",
                     (int)strcspn(header, ":"), header);
    }
}

static void read_headers(struct reading *reading)
{
    const char *text = text_of(reading, "Headers"), *source = text_of(reading, "HeadersFile");
    const char *why = NULL;

    reading->into->headers = vane_headers_new();
    if (text && vane_headers_parse(text, strlen(text), '|', reading->into->headers, &why) < 0)
        complain(reading, "Headers= cannot be used: %s (several are separated by |)", why);
    refuse_credentials(reading);
    reading->into->guarded = source != NULL;
    if (source)
        read_headers_file(reading, source);
}

static void read_where(struct reading *reading)
{
    const char *text = text_of(reading, "Where");
    g_autofree char *why = NULL;

    if (!text)
        return;
    reading->into->where = vane_where_new(text, &why);
    if (!reading->into->where)
        complain(reading, "Where= is no condition: %s", why);
}

static void read_addresses(struct reading *reading)
{
    const char *const *words;
    uint32_t count = list_of(reading, "AllowAddresses", &words);

    reading->into->allowed = g_array_new(FALSE, FALSE, sizeof(struct vane_network));
    for (uint32_t i = 0; i < count; i++) {
        struct vane_network network;

        if (vane_network_parse(words[i], &network) < 0)
            complain(reading,
                     "AllowAddresses=%s is no address and no network, which look like 127.0.0.1 "
                     "and 10.0.0.0/8",
                     words[i]);
        else
            g_array_append_val(reading->into->allowed, network);
    }
}

static int64_t nanoseconds(int64_t microseconds)
{
    return microseconds > INT64_MAX / 4000 ? INT64_MAX : microseconds * 1000;
}

static void read_limits(struct reading *reading)
{
    struct vane_webhook_endpoint_options *into = reading->into;

    into->timeout_ms = number_of(reading, "Timeout", 15000000) / 1000;
    into->max_age_ns = nanoseconds(number_of(reading, "MaxAge", INT64_C(7) * 86400000000));
    into->max_attempts = (unsigned)number_of(reading, "MaxAttempts", 10);
    into->max_events = (uint64_t)number_of(reading, "MaxEvents", 100000);
}

static void read_batches(struct reading *reading)
{
    struct vane_webhook_endpoint_options *into = reading->into;

    into->batch_size = (unsigned)number_of(reading, "BatchSize", 1);
    into->batch_bytes = (size_t)number_of(reading, "BatchBytes", 256 << 10);
    into->batch_delay_ns = nanoseconds(number_of(reading, "BatchDelay", 100000));
    if (into->batch_size > 1 && !vane_webhook_has_batches(into->format))
        complain(reading,
                 "has BatchSize=%u, but in the format %s each event is sent alone: take "
                 "Format=standard or Format=cloudevents, or leave BatchSize= out",
                 into->batch_size, vane_webhook_format_word(into->format));
}

static void read_endpoint(struct vane_webhook_options *options, struct reading *reading,
                          const char *name)
{
    reading->into = g_new0(struct vane_webhook_endpoint_options, 1);
    reading->into->name = g_strdup(name);
    g_ptr_array_add(options->endpoints, reading->into);
    read_url(reading);
    read_topics(reading);
    read_format(reading);
    read_secrets(reading);
    read_headers(reading);
    read_addresses(reading);
    read_limits(reading);
    read_batches(reading);
    read_where(reading);
    reading->into->ca_file = g_strdup(text_of(reading, "CAFile"));
}

/* Without a section of its own the default endpoint has the defaults. */
static void read_endpoints(struct reading *reading, struct vane_webhook_options *options)
{
    const char *const *sections;
    uint32_t count = 0;

    (void)reading->host->config->sections(reading->self, KIND, &sections, &count);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(sections[i] + strlen(KIND " "), VANE_WEBHOOK_DEFAULT) == 0)
            reading->section = sections[i];
    read_endpoint(options, reading, VANE_WEBHOOK_DEFAULT);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = sections[i] + strlen(KIND " ");

        reading->section = sections[i];
        if (strcmp(name, VANE_WEBHOOK_DEFAULT) != 0)
            read_endpoint(options, reading, name);
    }
}

static void free_endpoint(void *endpoint)
{
    vane_webhook_endpoint_options_free(endpoint);
}

static int64_t plugin_number(struct vane_self *self, const struct vane_host *host, const char *name)
{
    int64_t value = 0;

    (void)host->config->get_int64(self, NULL, name, &value);
    return value;
}

int vane_webhook_options_read(struct vane_self *self, const struct vane_host *host,
                              struct vane_webhook_options *options)
{
    struct reading reading = {.self = self, .host = host};

    *options = (struct vane_webhook_options){
        .endpoints = g_ptr_array_new_with_free_func(free_endpoint),
        .max_size = (uint64_t)plugin_number(self, host, "MaxSize"),
        .max_dead = (uint64_t)plugin_number(self, host, "MaxDeadLetters"),
        .commit_ns = plugin_number(self, host, "CommitInterval") * 1000,
    };
    read_endpoints(&reading, options);
    if (reading.result < 0)
        vane_webhook_options_clear(options);
    return reading.result;
}

void vane_webhook_options_clear(struct vane_webhook_options *options)
{
    g_clear_pointer(&options->endpoints, g_ptr_array_unref);
}

void vane_webhook_endpoint_options_free(struct vane_webhook_endpoint_options *options)
{
    if (!options)
        return;
    g_free(options->name);
    vane_url_clear(&options->url);
    g_free(options->topics);
    vane_where_free(options->where);
    g_array_unref(options->secrets);
    g_ptr_array_unref(options->headers);
    g_array_unref(options->allowed);
    g_free(options->ca_file);
    g_free(options);
}
