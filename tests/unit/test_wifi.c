/* The networks of wireless links, with a kernel that the test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <unistd.h>

#include "engine/links/netlink-socket.h"
#include "engine/links/nl80211.h"
#include "engine/links/wifi.h"
#include "tests/unit/netlink-messages.h"

#define FAMILY 0x1c
#define EVENT  0 /* the sequence number of what nobody asked for */

struct world {
    uv_loop_t loop;
    struct vane_link_store *store;
    struct vane_wifi *wifi;
    GString *told; /* "wifi.connected wlan4\n" */
};

static int kernel, engine;    /* the two ends of the socket */
static uint32_t asked, about; /* the last request: its sequence number and its link */
static uint8_t command;

/* In the place of the engine's own. */
int vane_nl80211_open(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return -errno;
    kernel = ends[0];
    return engine = ends[1];
}

int vane_nl80211_take_family(int fd, const struct nlmsghdr *message, uint16_t *family)
{
    *family = FAMILY;
    return 1;
}

int vane_netlink_send(int fd, const struct nlmsghdr *message)
{
    struct nlmsghdr *header = (struct nlmsghdr *)(uintptr_t)message;
    struct nlattr *index = nlmsg_find_attr(header, GENL_HDRLEN, NL80211_ATTR_IFINDEX);

    assert_int_equal(fd, engine);
    asked = message->nlmsg_seq;
    command = ((struct genlmsghdr *)nlmsg_data(header))->cmd;
    about = index ? nla_get_u32(index) : 0;
    return 0;
}

static void publish(void *user, const char *topic, const struct vane_payload *payload)
{
    struct world *world = user;
    struct vane_field name;

    assert_int_equal(vane_payload_find(payload, "interface_name", &name), 0);
    if (g_str_has_prefix(topic, "wifi."))
        g_string_append_printf(world->told, "%s %s\n", topic, name.value.string);
    vane_payload_unref(payload);
}

static uint64_t now_ms(void *user)
{
    return 1;
}

static void say(struct world *world, struct nl_msg *message, uint32_t sequence)
{
    nlmsg_hdr(message)->nlmsg_seq = sequence;
    assert_true(send(kernel, nlmsg_hdr(message), nlmsg_hdr(message)->nlmsg_len, 0) > 0);
    nlmsg_free(message);
    uv_run(&world->loop, UV_RUN_NOWAIT);
}

static struct nl_msg *message_of(uint8_t what, uint32_t index)
{
    struct genlmsghdr body = {.cmd = what};
    struct nl_msg *message = begin(FAMILY, 0, &body, sizeof(body));

    nla_put_u32(message, NL80211_ATTR_IFINDEX, index);
    return message;
}

static void say_interface(struct world *world, uint32_t index)
{
    struct nl_msg *message = message_of(NL80211_CMD_NEW_INTERFACE, index);

    nla_put_u32(message, NL80211_ATTR_IFTYPE, NL80211_IFTYPE_STATION);
    say(world, message, asked);
}

static void say_associated(struct world *world, uint32_t index)
{
    static const uint8_t access_point[6] = {0x02, 0, 0, 0, 0x01, 0x10};
    static const char elements[] = "\x00\x04Home";
    struct nl_msg *message = message_of(NL80211_CMD_NEW_SCAN_RESULTS, index);
    struct nlattr *bss = nla_nest_start(message, NL80211_ATTR_BSS);

    nla_put(message, NL80211_BSS_BSSID, sizeof(access_point), access_point);
    nla_put_u32(message, NL80211_BSS_STATUS, NL80211_BSS_STATUS_ASSOCIATED);
    nla_put(message, NL80211_BSS_INFORMATION_ELEMENTS, sizeof(elements) - 1, elements);
    nla_nest_end(message, bss);
    say(world, message, asked);
}

static void say_done(struct world *world)
{
    int error = 0;

    say(world, begin(NLMSG_DONE, 0, &error, sizeof(error)), asked);
}

static void add_link(struct world *world, uint32_t index, const char *name)
{
    struct nl_msg *message =
        link_message(RTM_NEWLINK, &(struct link_text){.index = index, .name = name});

    vane_link_store_apply(world->store, nlmsg_hdr(message));
    nlmsg_free(message);
}

/* With wlan4 and wlan5, and the engine about to look up the network of wlan4. */
static int setup(void **state)
{
    struct world *world = g_new0(struct world, 1);
    struct vane_link_outlet outlet = {.publish = publish, .now_ms = now_ms, .user = world};
    struct genlmsghdr family = {.cmd = CTRL_CMD_NEWFAMILY};

    uv_loop_init(&world->loop);
    world->told = g_string_new(NULL);
    world->store = vane_link_store_new(&outlet);
    vane_link_store_set_live(world->store, true);
    add_link(world, 4, "wlan4");
    add_link(world, 5, "wlan5");
    vane_wifi_start(&world->loop, world->store, NULL, NULL, &world->wifi);
    say(world, begin(GENL_ID_CTRL, 0, &family, sizeof(family)), asked);
    say_done(world);
    say_interface(world, 4);
    say_interface(world, 5);
    say_done(world);
    *state = world;
    return command == NL80211_CMD_GET_SCAN && about == 4 ? 0 : -1;
}

static int teardown(void **state)
{
    struct world *world = *state;

    vane_wifi_stop(world->wifi);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    uv_loop_close(&world->loop);
    vane_link_store_free(world->store);
    g_string_free(world->told, TRUE);
    g_free(world);
    return close(kernel);
}

static void test_the_links_are_looked_up_one_after_the_other(void **state)
{
    struct world *world = *state;

    say_associated(world, 4);
    say_done(world);
    assert_true(command == NL80211_CMD_GET_SCAN && about == 5);
    say_associated(world, 5);
    say_done(world);
    assert_string_equal(world->told->str, "wifi.connected wlan4\nwifi.connected wlan5\n");
}

static void test_that_one_link_leaves_a_network_says_nothing_of_another(void **state)
{
    struct world *world = *state;

    say_associated(world, 4);
    say(world, message_of(NL80211_CMD_DISCONNECT, 5), EVENT);
    say_done(world);
    assert_string_equal(world->told->str, "wifi.connected wlan4\n");
}

static void test_a_link_that_leaves_while_it_is_looked_up_is_looked_up_again(void **state)
{
    struct world *world = *state;

    say_associated(world, 4);
    say(world, message_of(NL80211_CMD_DISCONNECT, 4), EVENT);
    say_done(world);
    assert_true(command == NL80211_CMD_GET_INTERFACE && about == 4);
    say_interface(world, 4);
    say_done(world);
    assert_true(command == NL80211_CMD_GET_SCAN && about == 5);
    say_done(world);
    say_done(world);
    assert_true(command == NL80211_CMD_GET_SCAN && about == 4);
    assert_string_equal(world->told->str, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_links_are_looked_up_one_after_the_other, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_that_one_link_leaves_a_network_says_nothing_of_another,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_link_that_leaves_while_it_is_looked_up_is_looked_up_again, setup, teardown),
    };

    return cmocka_run_group_tests_name("wifi", tests, NULL, NULL);
}
