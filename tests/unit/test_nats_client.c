/* The client of NATS, against a real server: who may come in, what comes through, what is lost. */
#include "nats-fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <sodium.h>

#include "lib/keys/nkey.h"

static struct vane_nats_options options_for(const struct nats_server *server, const char **url)
{
    static char text[64];

    g_snprintf(text, sizeof(text), "nats://127.0.0.1:%u", server->port);
    url[0] = text;
    url[1] = NULL;
    return (struct vane_nats_options){.servers = url, .name = "test"};
}

static void test_what_is_published_comes_back(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    const char *url[2];
    struct vane_nats_options options;

    nats_server_start(&server, "");
    options = options_for(&server, url);
    peer_begin(&peer, &options);
    assert_int_equal(peer_say(&peer, "a.b", NULL, "too early"), -ENOTCONN);
    vane_nats_subscribe(peer.client, "a.*", NULL, peer_received, &peer);
    peer_wait(&peer, peer.connected);
    assert_int_equal(peer.max_payload, 1048576);

    assert_int_equal(peer_say(&peer, "a.b", NULL, "[1]"), 0);
    peer_wait(&peer, peer.bodies->len == 1);
    assert_string_equal(peer.bodies->pdata[0], "[1]");
    assert_int_equal(peer_say(&peer, "not a subject", NULL, ""), -EINVAL);
    assert_int_equal(peer_say(&peer, "", NULL, ""), -EINVAL);

    peer_end(&peer);
    nats_server_end(&server);
}

struct seen_header {
    struct vane_nats *client;
    char *value, *absent;
    bool seen;
};

static void see_header(void *user, const struct vane_nats_message *message)
{
    struct seen_header *seen = user;

    seen->value = g_strdup(vane_nats_header(seen->client, message, "NKey"));
    seen->absent = g_strdup(vane_nats_header(seen->client, message, "X"));
    seen->seen = true;
}

/* Who has to know what went before must not publish over a connection that he was not told of. */
static void test_a_message_goes_through_the_connection_it_is_for(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    const char *url[2];
    struct vane_nats_options options;
    struct vane_nats_outgoing message = {.subject = "a", .connection = 1};

    nats_server_start(&server, "");
    options = options_for(&server, url);
    peer_begin(&peer, &options);
    peer_wait(&peer, peer.connected);
    assert_int_equal(vane_nats_publish(peer.client, &message), 0);
    nats_server_kill(&server);
    peer_wait(&peer, !peer.connected);
    nats_server_start(&server, "");
    peer_wait(&peer, peer.connected);
    assert_int_equal(vane_nats_publish(peer.client, &message), -ENOTCONN);
    message.connection = 2;
    assert_int_equal(vane_nats_publish(peer.client, &message), 0);
    peer_end(&peer);
    nats_server_end(&server);
}

static void test_a_line_break_in_a_header_makes_no_second_header(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    const char *url[2];
    struct vane_nats_options options;
    const struct vane_nats_header headers[] = {{"NKey", "line\r\nX: y"}, {NULL, NULL}};
    const struct vane_nats_outgoing message = {.subject = "a", .headers = headers};
    struct seen_header seen = {0};

    nats_server_start(&server, "");
    options = options_for(&server, url);
    peer_begin(&peer, &options);
    seen.client = peer.client;
    vane_nats_subscribe(peer.client, "a", NULL, see_header, &seen);
    peer_wait(&peer, peer.connected);
    assert_int_equal(vane_nats_publish(peer.client, &message), 0);
    peer_wait(&peer, seen.seen);
    assert_string_equal(seen.value, "line  X: y");
    assert_null(seen.absent);

    g_free(seen.value);
    peer_end(&peer);
    nats_server_end(&server);
}

static int sign(void *user, const char *nonce, uint8_t signature[64])
{
    struct peer *peer = user;
    uint8_t public_key[32], secret[64];

    crypto_sign_seed_keypair(public_key, secret, peer->seed);
    crypto_sign_detached(signature, NULL, (const uint8_t *)nonce, strlen(nonce), secret);
    peer->signed_count++;
    return 0;
}

static char *nkey_config(const char *nkey)
{
    return g_strdup_printf("authorization { users: [ { nkey: %s, permissions: { subscribe: "
                           "[\"mine.>\"] } } ] }\n",
                           nkey);
}

static void test_a_key_opens_and_another_does_not(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0}, stranger = {0};
    char nkey[VANE_NKEY_LENGTH + 1];
    g_autofree char *config = NULL;
    uint8_t public_key[32], secret[64];
    const char *url[2];
    struct vane_nats_options options;

    memset(peer.seed, 7, sizeof(peer.seed));
    memset(stranger.seed, 8, sizeof(stranger.seed));
    crypto_sign_seed_keypair(public_key, secret, peer.seed);
    vane_nkey_format(public_key, nkey);
    config = nkey_config(nkey);
    nats_server_start(&server, config);
    options = options_for(&server, url);
    options.nkey = nkey;
    options.sign = sign;

    peer_begin(&peer, &options);
    peer_wait(&peer, peer.connected);
    assert_in_range(peer.signed_count, 1, 8);
    /* what the server does not permit is told in its words */
    vane_nats_subscribe(peer.client, "theirs", NULL, peer_received, &peer);
    peer_wait(&peer, strstr(peer.refused->str, "\"theirs\""));
    for (int i = 0; i < 9; i++) { /* each of them, also when they come together */
        g_autofree char *subject = g_strdup_printf("theirs.%d", i);

        vane_nats_subscribe(peer.client, subject, NULL, peer_received, &peer);
    }
    for (int i = 0; i < 9; i++) {
        g_autofree char *subject = g_strdup_printf("\"theirs.%d\"", i);

        peer_wait(&peer, strstr(peer.refused->str, subject));
    }

    /* the same name with another key: refused, and tried again for as long as it takes */
    peer_begin(&stranger, &options);
    peer_wait(&stranger, stranger.signed_count >= 4);
    assert_false(stranger.connected);
    assert_non_null(strstr(stranger.problem->str, "uthorization"));

    peer_end(&stranger);
    peer_end(&peer);
    nats_server_end(&server);
}

/* As one of 256 signatures does; libnats would send none. */
static int sign_beginning_with_zero(void *user, const char *nonce, uint8_t signature[64])
{
    struct peer *peer = user;
    int r = sign(user, nonce, signature);

    if (peer->signed_count < 3)
        signature[0] = 0;
    return r;
}

static void test_a_signature_that_begins_with_zero_costs_no_login(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    char nkey[VANE_NKEY_LENGTH + 1];
    g_autofree char *config = NULL;
    uint8_t public_key[32], secret[64];
    const char *url[2];
    struct vane_nats_options options;

    crypto_sign_seed_keypair(public_key, secret, peer.seed);
    vane_nkey_format(public_key, nkey);
    config = nkey_config(nkey);
    nats_server_start(&server, config);
    options = options_for(&server, url);
    options.nkey = nkey;
    options.sign = sign_beginning_with_zero;
    peer_begin(&peer, &options);
    peer_wait(&peer, peer.connected || strstr(peer.problem->str, "uthorization"));
    assert_true(peer.connected && peer.signed_count >= 3);
    peer_end(&peer);
    nats_server_end(&server);
}

static void test_quotes_in_what_logs_in_are_no_harm(void **state)
{
    static const struct {
        const char *config, *login, *password, *token;
    } cases[] = {
        {"authorization { user: 'a\"b', password: 'c\\d\"e' }\n", "a\"b", "c\\d\"e", NULL},
        {"authorization { token: '\"x\\n\"' }\n", NULL, NULL, "\"x\\n\""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct nats_server server = {0};
        struct peer peer = {0};
        const char *url[2];
        struct vane_nats_options options;

        nats_server_start(&server, cases[i].config);
        options = options_for(&server, url);
        options.name = "\"web\"\\1";
        options.login = cases[i].login;
        options.password = cases[i].password;
        options.token = cases[i].token;
        peer_begin(&peer, &options);
        peer_wait(&peer, peer.connected);
        peer_end(&peer);
        nats_server_end(&server);
    }
}

static void test_subscriptions_outlive_the_server(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    const char *url[2];
    struct vane_nats_options options;
    uint32_t dropped;

    nats_server_start(&server, "");
    options = options_for(&server, url);
    peer_begin(&peer, &options);
    vane_nats_subscribe(peer.client, "a", NULL, peer_received, &peer);
    dropped = vane_nats_subscribe(peer.client, "a", NULL, peer_received, &peer);
    peer_wait(&peer, peer.connected);

    nats_server_kill(&server);
    peer_wait(&peer, !peer.connected);
    assert_int_equal(peer_say(&peer, "a", NULL, "lost"), -ENOTCONN);
    vane_nats_unsubscribe(peer.client, dropped);
    nats_server_start(&server, "");
    peer_wait(&peer, peer.connected);
    assert_int_equal(peer.connections, 2);
    assert_int_equal(peer_say(&peer, "a", NULL, "back"), 0);
    assert_int_equal(peer_say(&peer, "a", NULL, "last"), 0);
    peer_wait(&peer, peer.bodies->len == 2);
    assert_string_equal(peer.bodies->pdata[0], "back");
    assert_string_equal(peer.bodies->pdata[1], "last");

    peer_end(&peer);
    nats_server_end(&server);
}

static void echo(void *user, const struct vane_nats_message *message)
{
    struct peer *one = user;

    assert_true(one->connected); /* he was told before anything came */
    assert_int_equal(peer_say(one, message->reply, NULL, "heard"), 0);
}

/* Who is told that there is a connection can be asked, by others, from that moment on. */
static void test_connected_means_that_all_is_subscribed_to(void **state)
{
    struct nats_server server = {0};
    struct peer asking = {0};
    const char *url[2];
    struct vane_nats_options options;

    nats_server_start(&server, "");
    options = options_for(&server, url);
    peer_begin(&asking, &options);
    vane_nats_subscribe(asking.client, "answer", NULL, peer_received, &asking);
    peer_wait(&asking, asking.connected);
    for (guint i = 0; i < 50; i++) {
        struct peer one = {0};

        peer_begin(&one, &options);
        for (unsigned number = 0; number < 20; number++) {
            g_autofree char *subject = g_strdup_printf("other.%u", number);

            vane_nats_subscribe(one.client, subject, NULL, peer_received, &one);
        }
        vane_nats_subscribe(one.client, "question", NULL, echo, &one);
        peer_wait(&one, one.connected);
        assert_int_equal(peer_say(&asking, "question", "answer", "?"), 0);
        peer_wait(&one, (peer_turn(&asking), asking.bodies->len > i));
        assert_string_equal(asking.bodies->pdata[i], "heard");
        peer_end(&one);
    }
    peer_end(&asking);
    nats_server_end(&server);
}

#define PERMITTED(subjects)                                                                        \
    "no_auth_user: some\nauthorization { users: [ { user: some, password: x, permissions: { "      \
    "publish: \">\", subscribe: [" subjects "] } } ] }\n"

/* On the connection that is there: a server that takes up its configuration keeps it. */
static void test_what_was_refused_is_heard_once_it_is_permitted(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    const char *url[2];
    struct vane_nats_options options;
    g_autofree char *path = NULL;

    nats_server_start(&server, PERMITTED("\"a\""));
    options = options_for(&server, url);
    peer_begin(&peer, &options);
    vane_nats_subscribe(peer.client, "a", NULL, peer_received, &peer);
    vane_nats_subscribe(peer.client, "b", NULL, peer_received, &peer);
    peer_wait(&peer, peer.refused_subscriptions == 1 &&
                         strstr(peer.refused->str, "Subscription to \"b\""));

    path = g_build_filename(server.directory, "nats.conf", NULL);
    assert_true(g_file_set_contents(path, PERMITTED("\"a\", \"b\""), -1, NULL));
    assert_int_equal(kill(server.pid, SIGHUP), 0);
    peer_wait(&peer, peer.refused_subscriptions == 0);
    assert_int_equal(peer_say(&peer, "b", NULL, "[1]"), 0);
    peer_wait(&peer, peer.bodies->len == 1);

    /* and what is taken away is known to be */
    assert_true(g_file_set_contents(path, PERMITTED("\"b\""), -1, NULL));
    assert_int_equal(kill(server.pid, SIGHUP), 0);
    peer_wait(&peer, peer.refused_subscriptions == 1);
    assert_int_equal(peer.connections, 1);

    peer_end(&peer);
    nats_server_end(&server);
}

static void test_what_is_too_long_is_refused_before_the_server_would(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    const char *url[2];
    struct vane_nats_options options;
    g_autofree char *body = g_strnfill(2000, 'x');

    nats_server_start(&server, "max_payload: 1024\n");
    options = options_for(&server, url);
    peer_begin(&peer, &options);
    peer_wait(&peer, peer.connected);
    assert_int_equal(peer_say(&peer, "a", NULL, body), -EMSGSIZE);
    assert_int_equal(peer.connections, 1);
    peer_end(&peer);
    nats_server_end(&server);
}

static void test_a_request_that_nobody_answers_is_told(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    char inbox[VANE_NATS_INBOX_SIZE];
    const char *url[2];
    struct vane_nats_options options;

    nats_server_start(&server, "");
    options = options_for(&server, url);
    peer_begin(&peer, &options);
    vane_nats_inbox(inbox);
    vane_nats_subscribe(peer.client, inbox, NULL, peer_received, &peer);
    peer_wait(&peer, peer.connected);
    assert_int_equal(peer_say(&peer, "nobody.here", inbox, "?"), 0);
    peer_wait(&peer, peer.bodies->len == 1);
    assert_string_equal(peer.bodies->pdata[0], "(nobody)");
    peer_end(&peer);
    nats_server_end(&server);
}

/* Another client floods one that does not turn. */
static void test_a_full_queue_answers_that_it_is(void **state)
{
    struct nats_server server = {0};
    struct peer slow = {0}, asker = {0};
    const char *url[2];
    struct vane_nats_options options;
    char inbox[VANE_NATS_INBOX_SIZE];
    unsigned sent = 0;

    nats_server_start(&server, "");
    options = options_for(&server, url);
    options.busy = "busy";
    options.busy_code = "503";
    peer_begin(&slow, &options);
    vane_nats_subscribe(slow.client, "ask", NULL, peer_received, &slow);
    peer_wait(&slow, slow.connected);
    peer_begin(&asker, &options);
    vane_nats_inbox(inbox);
    vane_nats_subscribe(asker.client, inbox, NULL, peer_received, &asker);
    peer_wait(&asker, asker.connected);

    while (asker.bodies->len == 0) {
        if (sent < 60000 && peer_say(&asker, "ask", inbox, "x") == 0)
            sent++;
        else
            peer_turn(&asker);
        vane_nats_dispatch(asker.client);
    }
    assert_true(sent > 10000);
    peer_wait(&slow, slow.lost > 0);
    assert_true(slow.bodies->len > 0);

    peer_end(&asker);
    peer_end(&slow);
    nats_server_end(&server);
}

static void test_an_absent_server_is_named_without_its_password(void **state)
{
    struct peer peer = {0};
    const char *const url[] = {"nats://ann:secret@127.0.0.1:1", NULL};
    struct vane_nats_options options = {.servers = url};

    peer_begin(&peer, &options);
    peer_wait(&peer, peer.problem->len > 0);
    assert_null(strstr(peer.problem->str, "secret"));
    peer_end(&peer);
}

/* Listens, and says nothing: connecting takes its whole time. */
static int silent_listener(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void test_a_held_up_thread_is_left_to_itself(void **state)
{
    struct nats_server server = {0};
    struct peer peer = {0};
    const char *url[2];
    struct vane_nats_options options;
    int fd = silent_listener(&server.port);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    gint64 begin;

    options = options_for(&server, url);
    peer_begin(&peer, &options);
    vane_nats_subscribe(peer.client, "a", NULL, peer_received, &peer);
    peer_turn(&peer);
    assert_int_equal(poll(&wait, 1, DEADLINE_SECONDS * 1000), 1);
    begin = g_get_monotonic_time();
    vane_nats_abandon(peer.client);
    assert_true(g_get_monotonic_time() - begin < 2 * G_TIME_SPAN_SECOND);

    g_string_free(peer.problem, TRUE);
    g_string_free(peer.refused, TRUE);
    g_ptr_array_unref(peer.bodies);
    close(fd); /* which ends the attempt */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_published_comes_back),
        cmocka_unit_test(test_a_message_goes_through_the_connection_it_is_for),
        cmocka_unit_test(test_a_line_break_in_a_header_makes_no_second_header),
        cmocka_unit_test(test_a_key_opens_and_another_does_not),
        cmocka_unit_test(test_a_signature_that_begins_with_zero_costs_no_login),
        cmocka_unit_test(test_quotes_in_what_logs_in_are_no_harm),
        cmocka_unit_test(test_subscriptions_outlive_the_server),
        cmocka_unit_test(test_connected_means_that_all_is_subscribed_to),
        cmocka_unit_test(test_what_was_refused_is_heard_once_it_is_permitted),
        cmocka_unit_test(test_what_is_too_long_is_refused_before_the_server_would),
        cmocka_unit_test(test_a_request_that_nobody_answers_is_told),
        cmocka_unit_test(test_a_full_queue_answers_that_it_is),
        cmocka_unit_test(test_a_held_up_thread_is_left_to_itself),
        cmocka_unit_test(test_an_absent_server_is_named_without_its_password),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
