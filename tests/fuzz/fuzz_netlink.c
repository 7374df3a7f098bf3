/* The parsers of rtnetlink messages, and the store that they feed, on any bytes. */
#include <netlink/msg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

#include "engine/links/store.h"

static void publish(void *user, const char *topic, const struct vane_payload *payload)
{
    const char *text;
    size_t length;

    g_assert(vane_payload_json(payload, &text, &length) == 0);
    vane_payload_unref(payload);
}

static uint64_t now_ms(void *user)
{
    return 0;
}

static void check_ack(const struct nlmsghdr *message)
{
    const char *text;
    int r = vane_parse_ack(message, &text);

    g_assert(r <= 0);
    if (text)
        g_assert(strlen(text) < message->nlmsg_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vane_link_outlet outlet = {.publish = publish, .now_ms = now_ms};
    struct vane_link_store *store = vane_link_store_new(&outlet);
    g_autofree char *bytes = g_memdup2(data, size); /* aligned, and bounded for ASan */
    struct nlmsghdr *message = (struct nlmsghdr *)(void *)bytes;
    int left = (int)size;

    vane_link_store_set_live(store, true);
    for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
        check_ack(message);
        vane_link_store_apply(store, message);
    }
    vane_link_store_begin_dump(store);
    vane_link_store_end_routes(store);
    vane_link_store_end_addresses(store);
    vane_link_store_end_links(store);
    g_assert(vane_link_store_count(store) == 0);
    vane_link_store_free(store);
    return 0;
}
