/* networkd's signals, played by a bus of our own: what is believed, and which events come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/links/networkd.h"
#include "lib/sdbus/sdbus.h"
#include "tests/unit/netlink-messages.h"

#define NETWORKD "org.freedesktop.network1"
#define OWNER    ":1.7"

struct world {
    uv_loop_t loop;
    uv_timer_t deadline;
    uv_poll_t listener;
    int listen_fd;
    char *directory, *path, *address;
    sd_bus *bus; /* the bus's end of the connection */
    struct vane_sdbus *attached;
    struct vane_link_store *store;
    struct vane_networkd *networkd;
    GString *events;            /* "link.state veth0 routable configured;" */
    const char *owner, *states; /* what the bus and networkd answer */
    unsigned wanted_events, seen_events, drains, descriptions, scans;
    bool ready, stop_on_scan, elsewhere;
};

static void give_up(uv_timer_t *timer)
{
    fail_msg("nothing came within the deadline; events: %s",
             ((struct world *)timer->data)->events->str);
}

static const char *text_of(const struct vane_payload *payload, const char *name)
{
    struct vane_field field;

    if (vane_payload_find(payload, name, &field) < 0)
        return "-";
    return field.type == VANE_STRINGS ? field.value.strings[0] : field.value.string;
}

static void publish(void *user, const char *topic, const struct vane_payload *payload)
{
    struct world *world = user;

    g_string_append_printf(world->events, "%s %s %s %s;", topic, text_of(payload, "interface_name"),
                           text_of(payload, "operational_state"),
                           text_of(payload, "administrative_state"));
    if (strcmp(text_of(payload, "dns"), "-") != 0)
        g_string_append_printf(world->events, "dns %s;", text_of(payload, "dns"));
    vane_payload_unref(payload);
    if (++world->seen_events == world->wanted_events)
        uv_stop(&world->loop);
}

static uint64_t now_ms(void *user)
{
    return 0;
}

static void on_ready(void *user)
{
    struct world *world = user;

    world->ready = true;
    vane_link_store_set_live(world->store, true);
    uv_stop(&world->loop);
}

static void on_drain(void *user)
{
    ((struct world *)user)->drains++;
}

/* ---- the bus ---- */

static void reply_text(sd_bus_message *call, const char *sender, const char *text)
{
    sd_bus_message *reply = NULL;

    assert_true(sd_bus_message_new_method_return(call, &reply) >= 0);
    if (text)
        assert_true(sd_bus_message_append(reply, "s", text) >= 0);
    assert_true(sd_bus_message_set_sender(reply, sender) >= 0);
    assert_true(sd_bus_send(NULL, reply, NULL) >= 0);
    sd_bus_message_unref(reply);
}

static void reply_namespace(struct world *world, sd_bus_message *call)
{
    struct stat ours;

    assert_int_equal(stat("/proc/self/ns/net", &ours), 0);
    assert_true(sd_bus_reply_method_return(call, "v", "t",
                                           world->elsewhere ? ours.st_ino + 1 : ours.st_ino) >= 0);
}

static char *describe(struct world *world)
{
    return g_strdup_printf("{\"Index\":7,%s,\"DNS\":[{\"Family\":2,\"Address\":[192,0,2,53]}]}",
                           world->states);
}

static int on_call(sd_bus_message *call, void *user, sd_bus_error *error)
{
    struct world *world = user;
    const char *member = sd_bus_message_get_member(call);
    g_autofree char *link = describe(world);

    if (g_strcmp0(member, "Hello") == 0)
        reply_text(call, "org.freedesktop.DBus", ":1.42");
    else if (g_strcmp0(member, "AddMatch") == 0 || g_strcmp0(member, "RemoveMatch") == 0)
        reply_text(call, "org.freedesktop.DBus", NULL);
    else if (g_strcmp0(member, "GetNameOwner") == 0 && world->owner)
        reply_text(call, "org.freedesktop.DBus", world->owner);
    else if (g_strcmp0(member, "GetNameOwner") == 0)
        sd_bus_reply_method_errorf(call, "org.freedesktop.DBus.Error.NameHasNoOwner", "none");
    else if (g_strcmp0(member, "Get") == 0)
        reply_namespace(world, call);
    else if (g_strcmp0(member, "Describe") == 0 &&
             g_strcmp0(sd_bus_message_get_path(call), "/org/freedesktop/network1") == 0) {
        g_autofree char *all = g_strdup_printf("{\"Interfaces\":[%s]}", link);

        world->scans++;
        reply_text(call, OWNER, all);
        if (world->stop_on_scan)
            uv_stop(&world->loop);
    } else {
        world->descriptions++;
        assert_int_equal(sd_bus_message_get_auto_start(call), 0);
        reply_text(call, OWNER, link);
    }
    return 1;
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct world *world = poll->data;
    sd_id128_t id = {.qwords = {1, 2}};
    int fd = accept4(world->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    assert_true(sd_bus_new(&world->bus) >= 0);
    assert_true(sd_bus_set_fd(world->bus, fd, fd) >= 0);
    assert_true(sd_bus_set_server(world->bus, 1, id) >= 0);
    assert_true(sd_bus_start(world->bus) >= 0);
    assert_true(sd_bus_add_filter(world->bus, NULL, on_call, world) >= 0);
    assert_int_equal(vane_sdbus_attach(world->bus, &world->loop, NULL, NULL, &world->attached), 0);
}

static void listen_at(struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    world->directory = g_dir_make_tmp("netvane-XXXXXX", NULL);
    world->path = g_build_filename(world->directory, "bus", NULL);
    world->address = g_strconcat("unix:path=", world->path, NULL);
    g_strlcpy(address.sun_path, world->path, sizeof(address.sun_path));
    world->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(world->listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(world->listen_fd, 8), 0);
    uv_poll_init(&world->loop, &world->listener, world->listen_fd);
    world->listener.data = world;
    uv_poll_start(&world->listener, UV_READABLE, on_connection);
}

static void send_signal(struct world *world, const char *sender, const char *path,
                        const char *interface, const char *member, const char *types, ...)
{
    sd_bus_message *signal = NULL;
    va_list list;

    va_start(list, types);
    assert_true(sd_bus_message_new_signal(world->bus, &signal, path, interface, member) >= 0);
    assert_true(sd_bus_message_set_sender(signal, sender) >= 0);
    assert_true(sd_bus_message_appendv(signal, types, list) >= 0);
    assert_true(sd_bus_send(NULL, signal, NULL) >= 0);
    sd_bus_message_unref(signal);
    va_end(list);
}

static void say(struct world *world, const char *sender, const char *property, const char *word)
{
    send_signal(world, sender, "/org/freedesktop/network1/link/_37",
                "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as",
                NETWORKD ".Link", 1, property, "s", word, 0);
}

static void change_owner(struct world *world, const char *from, const char *to)
{
    send_signal(world, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                "NameOwnerChanged", "sss", NETWORKD, from, to);
}

/* ---- the world ---- */

static void add_veth(struct world *world)
{
    static const struct link_text veth = {.index = 7, .name = "veth0", .kind = "veth"};
    struct nl_msg *message = link_message(RTM_NEWLINK, &veth);

    assert_int_equal(vane_link_store_apply(world->store, nlmsg_hdr(message)), 0);
    nlmsg_free(message);
}

static int setup(void **state)
{
    struct world *world = g_new0(struct world, 1);
    struct vane_link_outlet outlet = {.publish = publish, .now_ms = now_ms, .user = world};

    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->deadline);
    world->deadline.data = world;
    uv_timer_start(&world->deadline, give_up, 20000, 0);
    world->events = g_string_new(NULL);
    world->store = vane_link_store_new(&outlet);
    world->owner = OWNER;
    world->states = "\"OperationalState\":\"routable\",\"AdministrativeState\":\"configured\"";
    listen_at(world);
    *state = world;
    return 0;
}

static void start(struct world *world)
{
    struct vane_networkd_callbacks callbacks = {on_ready, on_drain, world};

    add_veth(world);
    assert_int_equal(vane_networkd_start(&world->loop, world->store, world->address, &callbacks,
                                         &world->networkd),
                     0);
    uv_run(&world->loop, UV_RUN_DEFAULT); /* until ready, also when it is so already */
    assert_true(world->ready);
}

static int teardown(void **state)
{
    struct world *world = *state;

    vane_networkd_stop(world->networkd);
    vane_sdbus_detach(world->attached);
    uv_close((uv_handle_t *)&world->deadline, NULL);
    uv_close((uv_handle_t *)&world->listener, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    sd_bus_unref(world->bus);
    vane_link_store_free(world->store);
    close(world->listen_fd);
    unlink(world->path);
    rmdir(world->directory);
    g_free(world->directory);
    g_free(world->path);
    g_free(world->address);
    g_string_free(world->events, TRUE);
    g_free(world);
    return 0;
}

static void run_until_events(struct world *world, unsigned count)
{
    world->wanted_events = world->seen_events + count;
    uv_run(&world->loop, UV_RUN_DEFAULT);
}

static void run_until_scanned(struct world *world)
{
    world->stop_on_scan = true;
    uv_run(&world->loop, UV_RUN_DEFAULT);
    world->stop_on_scan = false;
}

static void test_states_at_the_start_are_no_events(void **state)
{
    struct world *world = *state;
    const struct vane_link_snapshot *link;

    start(world);
    assert_string_equal(world->events->str, "");
    link = vane_link_store_get(world->store, 7);
    assert_string_equal(text_of(&link->payload, "operational_state"), "routable");
    assert_string_equal(text_of(&link->payload, "administrative_state"), "configured");
    assert_string_equal(text_of(&link->payload, "source"), "networkd");
    assert_string_equal(text_of(&link->payload, "dns"), "192.0.2.53");
    vane_payload_unref(&link->payload);
}

static void test_each_signal_is_an_event_and_asks_for_one_description(void **state)
{
    struct world *world = *state;

    start(world);
    say(world, OWNER, "OperationalState", "no-carrier");
    say(world, OWNER, "AdministrativeState", "configuring");
    say(world, OWNER, "AdministrativeState", "configuring");
    say(world, OWNER, "OperationalState", "orbital");
    run_until_events(world, 3);
    assert_string_equal(world->events->str,
                        "link.state veth0 no-carrier configured;dns 192.0.2.53;"
                        "link.state veth0 no-carrier configuring;dns 192.0.2.53;"
                        "link.state veth0 orbital configuring;dns 192.0.2.53;");
    assert_int_equal(world->descriptions, 4);
    assert_true(world->drains >= 4);
}

static int refuse_to_describe(sd_bus_message *call, void *user, sd_bus_error *error)
{
    return g_strcmp0(sd_bus_message_get_member(call), "Describe") == 0;
}

static void test_a_loss_does_not_wait_for_a_busy_networkd(void **state)
{
    struct world *world = *state;
    uint64_t before;

    start(world);
    before = uv_now(&world->loop);
    assert_true(sd_bus_add_filter(world->bus, NULL, refuse_to_describe, world) >= 0);
    say(world, OWNER, "OperationalState", "no-carrier");
    run_until_events(world, 1);
    assert_string_equal(world->events->str,
                        "link.state veth0 no-carrier configured;dns 192.0.2.53;");
    assert_true(uv_now(&world->loop) - before < 200); /* the patience with a description */
}

static void test_only_the_owner_of_the_name_is_believed(void **state)
{
    struct world *world = *state;

    start(world);
    say(world, ":1.66", "OperationalState", "off");
    say(world, OWNER, "OperationalState", "degraded");
    run_until_events(world, 1);
    assert_string_equal(world->events->str, "link.state veth0 degraded configured;dns 192.0.2.53;");
}

static void test_a_restart_yields_true_differences_only(void **state)
{
    struct world *world = *state;

    start(world);
    change_owner(world, OWNER, "");
    world->states = "\"OperationalState\":\"routable\",\"AdministrativeState\":\"configuring\"";
    change_owner(world, "", ":1.8");
    run_until_scanned(world);
    say(world, ":1.8", "AdministrativeState", "configured"); /* no change: nothing was told */
    say(world, OWNER, "OperationalState", "off");            /* the old one is nobody now */
    say(world, ":1.8", "OperationalState", "degraded");
    run_until_events(world, 1);
    assert_string_equal(world->events->str, "link.state veth0 degraded configured;dns 192.0.2.53;");
}

static void test_without_networkd_the_kernel_speaks(void **state)
{
    struct world *world = *state;
    const struct vane_link_snapshot *link;

    world->owner = NULL;
    start(world);
    link = vane_link_store_get(world->store, 7);
    assert_string_equal(text_of(&link->payload, "source"), "kernel");
    vane_payload_unref(&link->payload);
    assert_int_equal(world->scans, 0); /* a call would have the bus start it */

    change_owner(world, "", OWNER);
    run_until_events(world, 1);
    assert_string_equal(world->events->str, "link.state veth0 routable configured;dns 192.0.2.53;");
}

static void test_states_fall_back_to_the_kernel_when_networkd_stays_away(void **state)
{
    struct world *world = *state;

    start(world);
    change_owner(world, OWNER, "");
    run_until_events(world, 1);
    assert_string_equal(world->events->str, "link.state veth0 off unmanaged;");
}

static void test_a_networkd_of_another_namespace_is_not_ours(void **state)
{
    struct world *world = *state;
    const struct vane_link_snapshot *link;

    world->elsewhere = true;
    start(world);
    link = vane_link_store_get(world->store, 7);
    assert_string_equal(text_of(&link->payload, "source"), "kernel");
    assert_string_equal(text_of(&link->payload, "administrative_state"), "unmanaged");
    vane_payload_unref(&link->payload);
}

static void test_a_lost_bus_is_ready_all_the_same(void **state)
{
    struct world *world = *state;

    unlink(world->path);
    start(world);
    assert_string_equal(world->events->str, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_states_at_the_start_are_no_events),
        TEST(test_each_signal_is_an_event_and_asks_for_one_description),
        TEST(test_a_loss_does_not_wait_for_a_busy_networkd),
        TEST(test_only_the_owner_of_the_name_is_believed),
        TEST(test_a_restart_yields_true_differences_only),
        TEST(test_without_networkd_the_kernel_speaks),
        TEST(test_states_fall_back_to_the_kernel_when_networkd_stays_away),
        TEST(test_a_networkd_of_another_namespace_is_not_ours),
        TEST(test_a_lost_bus_is_ready_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
