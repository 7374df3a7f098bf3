/*
 * TLS towards a real nats-server, with certificates from openssl: who is not the server that was
 * named is not spoken to, and nothing goes in the clear where certificates are named.
 */
#include "nats-fixture.h"

static char directory[] = "/tmp/nats-tls-XXXXXX";

static void run(const char *format, ...)
{
    g_autofree char *line = NULL;
    int status = -1;
    va_list arguments;

    va_start(arguments, format);
    line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    assert_true(g_spawn_command_line_sync(line, NULL, NULL, &status, NULL));
    assert_int_equal(status, 0);
}

#define REQUEST                                                                                    \
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "           \
    "-keyout %s/%s.key -out %s/%s.pem -subj /CN=%s "

static void make_authority(const char *name)
{
    run(REQUEST, directory, name, directory, name, name);
}

/* A certificate of the authority "ca". */
static void make_certificate(const char *name, const char *hosts)
{
    run(REQUEST "-CA %s/ca.pem -CAkey %s/ca.key -addext basicConstraints=critical,CA:false "
                "-addext subjectAltName=%s",
        directory, name, directory, name, name, directory, directory, hosts);
}

static int make_certificates(void **state)
{
    assert_non_null(g_mkdtemp(directory));
    make_authority("ca");
    make_authority("stranger");
    make_certificate("right", "IP:127.0.0.1,DNS:localhost");
    make_certificate("wrong", "IP:127.0.0.2,DNS:other.example");
    return 0;
}

static int remove_certificates(void **state)
{
    run("rm -r %s", directory);
    return 0;
}

/* What a server says in nats-server.conf; NULL: no TLS. */
static void start_server(struct nats_server *server, const char *certificate, bool asks)
{
    g_autofree char *config =
        certificate ? g_strdup_printf("tls { cert_file: \"%s/%s.pem\", key_file: \"%s/%s.key\", "
                                      "ca_file: \"%s/ca.pem\", verify: %s }\n",
                                      directory, certificate, directory, certificate, directory,
                                      asks ? "true" : "false")
                    : g_strdup("");

    nats_server_start(server, config);
}

/* Empty: connected; otherwise the problem. To be freed. */
static char *connect_as(const char *scheme_and_host, const struct nats_server *server,
                        const char *authority, const char *certificate)
{
    g_autofree char *url = g_strdup_printf("%s:%u", scheme_and_host, server->port);
    g_autofree char *ca = authority ? g_strdup_printf("%s/%s.pem", directory, authority) : NULL;
    g_autofree char *own =
        certificate ? g_strdup_printf("%s/%s.pem", directory, certificate) : NULL;
    g_autofree char *key =
        certificate ? g_strdup_printf("%s/%s.key", directory, certificate) : NULL;
    const char *const urls[] = {url, NULL};
    struct vane_nats_options options = {
        .servers = urls, .tls_ca = ca, .tls_cert = own, .tls_key = key};
    struct peer peer = {0};
    char *problem;

    peer_begin(&peer, &options);
    peer_wait(&peer, peer.connected || peer.problem->len > 0);
    problem = g_strdup(peer.connected ? "" : peer.problem->str);
    peer_end(&peer);
    return problem;
}

static void test_the_named_server_is_connected_to(void **state)
{
    static const char *const urls[] = {"tls://127.0.0.1", "nats://127.0.0.1", "tls://localhost"};
    struct nats_server server = {0};

    start_server(&server, "right", false);
    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autofree char *problem = connect_as(urls[i], &server, "ca", NULL);

        assert_string_equal(problem, "");
    }
    nats_server_end(&server);
}

static void test_a_certificate_for_another_host_is_refused(void **state)
{
    static const char *const urls[] = {"tls://127.0.0.1", "nats://127.0.0.1", "tls://localhost"};
    struct nats_server server = {0};

    start_server(&server, "wrong", false);
    for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autofree char *problem = connect_as(urls[i], &server, "ca", NULL);

        assert_non_null(strstr(problem, "mismatch"));
    }
    nats_server_end(&server);
}

static void test_a_certificate_of_a_strange_authority_is_refused(void **state)
{
    struct nats_server server = {0};
    g_autofree char *stranger = NULL;
    g_autofree char *system = NULL;

    start_server(&server, "right", false);
    stranger = connect_as("tls://127.0.0.1", &server, "stranger", NULL);
    system = connect_as("tls://127.0.0.1", &server, NULL, NULL);
    assert_non_null(strstr(stranger, "certificate"));
    assert_non_null(strstr(system, "certificate"));
    nats_server_end(&server);
}

static void test_nothing_goes_in_the_clear_where_certificates_are_named(void **state)
{
    struct nats_server server = {0};
    g_autofree char *with_authority = NULL;
    g_autofree char *with_certificate = NULL;
    g_autofree char *without = NULL;

    start_server(&server, NULL, false);
    with_authority = connect_as("nats://127.0.0.1", &server, "ca", NULL);
    with_certificate = connect_as("nats://127.0.0.1", &server, NULL, "right");
    without = connect_as("nats://127.0.0.1", &server, NULL, NULL);
    assert_non_null(strstr(with_authority, "ecure"));
    assert_non_null(strstr(with_certificate, "ecure"));
    assert_string_equal(without, "");
    nats_server_end(&server);
}

static void test_a_server_that_asks_for_a_certificate_is_shown_it(void **state)
{
    struct nats_server server = {0};
    g_autofree char *with = NULL;
    g_autofree char *without = NULL;

    start_server(&server, "right", true);
    with = connect_as("nats://127.0.0.1", &server, "ca", "wrong"); /* its hosts are no matter */
    without = connect_as("nats://127.0.0.1", &server, "ca", NULL);
    assert_string_equal(with, "");
    assert_string_not_equal(without, "");
    nats_server_end(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_named_server_is_connected_to),
        cmocka_unit_test(test_a_certificate_for_another_host_is_refused),
        cmocka_unit_test(test_a_certificate_of_a_strange_authority_is_refused),
        cmocka_unit_test(test_nothing_goes_in_the_clear_where_certificates_are_named),
        cmocka_unit_test(test_a_server_that_asks_for_a_certificate_is_shown_it),
    };

    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
