/* A real nats-server of the test's own on loopback, and a client that is driven like a loop. */
#ifndef NETVANE_TESTS_NATS_FIXTURE_H
#define NETVANE_TESTS_NATS_FIXTURE_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "lib/nats/client.h"

#define DEADLINE_SECONDS 20

struct nats_server {
    GPid pid;
    char *directory;
    unsigned port;
};

/* The port stands in a file once the server listens: {"nats":["nats://127.0.0.1:4242"],...}. */
static unsigned read_port(const struct nats_server *server)
{
    g_autofree char *path =
        g_strdup_printf("%s/nats-server_%d.ports", server->directory, (int)server->pid);
    g_autofree char *text = NULL;
    const char *at;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    at = strstr(text, "127.0.0.1:");
    return at ? (unsigned)g_ascii_strtoull(at + strlen("127.0.0.1:"), NULL, 10) : 0;
}

/* It must not outlive a test that fails, whose output it has. */
static void end_with_parent(gpointer user)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* `config` is what nats-server.conf says besides; the port is any, or the one before. */
static void nats_server_start(struct nats_server *server, const char *config)
{
    gint64 until = g_get_monotonic_time() + DEADLINE_SECONDS * G_TIME_SPAN_SECOND;
    g_autofree char *path = NULL;
    g_autofree char *port = NULL;

    if (!server->directory)
        server->directory = g_dir_make_tmp("nats-XXXXXX", NULL);
    path = g_build_filename(server->directory, "nats.conf", NULL);
    port = g_strdup_printf("%d", server->port > 0 ? (int)server->port : -1);
    assert_true(g_file_set_contents(path, config, -1, NULL));
    {
        const char *const argv[] = {"nats-server",     "-c", path,        "-a",
                                    "127.0.0.1",       "-p", port,        "--ports_file_dir",
                                    server->directory, "-l", "/dev/null", NULL};

        assert_true(g_spawn_async(NULL, (char **)argv, NULL,
                                  G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, end_with_parent,
                                  NULL, &server->pid, NULL));
    }
    while ((server->port = read_port(server)) == 0) {
        assert_true(g_get_monotonic_time() < until);
        g_usleep(2000);
    }
}

static void nats_server_kill(struct nats_server *server)
{
    g_autofree char *path =
        g_strdup_printf("%s/nats-server_%d.ports", server->directory, (int)server->pid);

    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
    (void)g_unlink(path);
}

static void nats_server_end(struct nats_server *server)
{
    g_autofree char *path = g_build_filename(server->directory, "nats.conf", NULL);

    nats_server_kill(server);
    (void)g_unlink(path);
    (void)g_rmdir(server->directory);
    g_free(server->directory);
}

/* ---- a client and what it told ---- */

struct peer {
    struct vane_nats *client;
    GMutex lock;
    GCond woken_cond;
    bool woken;
    bool connected, stopped;
    uint64_t connections, lost;
    size_t max_payload;
    unsigned refused_subscriptions;
    GString *problem, *refused;
    GPtrArray *bodies;
    uint8_t seed[32];
    unsigned signed_count;
};

static void peer_wake(void *user)
{
    struct peer *peer = user;

    g_mutex_lock(&peer->lock);
    peer->woken = true;
    g_cond_signal(&peer->woken_cond);
    g_mutex_unlock(&peer->lock);
}

/* One turn: waits for a wake at most a little, and dispatches. */
static void peer_turn(struct peer *peer)
{
    gint64 until = g_get_monotonic_time() + 50 * G_TIME_SPAN_MILLISECOND;

    g_mutex_lock(&peer->lock);
    while (!peer->woken)
        if (!g_cond_wait_until(&peer->woken_cond, &peer->lock, until))
            break;
    peer->woken = false;
    g_mutex_unlock(&peer->lock);
    vane_nats_dispatch(peer->client);
}

#define peer_wait(peer, condition)                                                                 \
    do {                                                                                           \
        gint64 wait_until_ = g_get_monotonic_time() + DEADLINE_SECONDS * G_TIME_SPAN_SECOND;       \
        while (!(condition)) {                                                                     \
            assert_true(g_get_monotonic_time() < wait_until_);                                     \
            peer_turn(peer);                                                                       \
        }                                                                                          \
    } while (0)

static void peer_state(void *user, const struct vane_nats_state *state)
{
    struct peer *peer = user;

    peer->connected = state->connected;
    peer->connections = state->connections;
    peer->lost = state->lost_messages;
    peer->max_payload = state->max_payload;
    peer->refused_subscriptions = state->refused;
    g_string_assign(peer->problem, state->problem ? state->problem : "");
}

static void peer_refused(void *user, const char *problem)
{
    g_string_append_printf(((struct peer *)user)->refused, "%s\n", problem);
}

static void peer_stopped(void *user)
{
    ((struct peer *)user)->stopped = true;
}

__attribute__((unused)) static void peer_received(void *user,
                                                  const struct vane_nats_message *message)
{
    struct peer *peer = user;

    g_ptr_array_add(peer->bodies, message->no_responders
                                      ? g_strdup("(nobody)")
                                      : g_strndup(message->body, message->length));
}

static void peer_begin(struct peer *peer, struct vane_nats_options *options)
{
    char *problem = NULL;

    options->wake = peer_wake;
    options->state = peer_state;
    options->refused = peer_refused;
    options->stopped = peer_stopped;
    options->user = peer;
    peer->problem = g_string_new(NULL);
    peer->refused = g_string_new(NULL);
    peer->bodies = g_ptr_array_new_with_free_func(g_free);
    assert_int_equal(vane_nats_new(options, &peer->client, &problem), 0);
}

static void peer_end(struct peer *peer)
{
    vane_nats_stop(peer->client);
    peer_wait(peer, peer->stopped);
    vane_nats_free(peer->client);
    g_string_free(peer->problem, TRUE);
    g_string_free(peer->refused, TRUE);
    g_ptr_array_unref(peer->bodies);
}

__attribute__((unused)) static int peer_say(struct peer *peer, const char *subject,
                                            const char *reply, const char *body)
{
    const struct vane_nats_outgoing message = {
        .subject = subject, .reply = reply, .body = body, .length = strlen(body)};

    return vane_nats_publish(peer->client, &message);
}

#endif
