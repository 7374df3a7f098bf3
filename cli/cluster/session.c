/* A connection to NATS as an operator. See session.h. */
#include "cli/cluster/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/signals.h"

int64_t vane_session_now(void)
{
    return g_get_monotonic_time() / 1000;
}

/* ---- what the client tells ---- */

static void on_wake(void *user)
{
    const struct vane_session *session = user;

    (void)eventfd_write(session->wake, 1);
}

static void on_state(void *user, const struct vane_nats_state *state)
{
    struct vane_session *session = user;

    session->connected = state->connected;
    session->connections = state->connections;
    session->max_payload = state->max_payload;
    g_free(session->server);
    session->server = g_strdup(state->server);
    g_free(session->problem);
    session->problem = g_strdup(state->problem);
    if (!state->connected && state->problem && state->server)
        g_hash_table_add(session->tried, g_strdup(state->server));
}

static void on_refused(void *user, const char *problem)
{
    const struct vane_session *session = user;

    g_ptr_array_add(session->refused, g_strdup(problem));
    vane_cli_complain(session->cli, "the NATS server refuses: %s", problem);
}

bool vane_session_refuses(const struct vane_session *session, const char *subject)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\"", subject);

    for (guint i = 0; i < session->refused->len; i++)
        if (strstr(g_ptr_array_index(session->refused, i), quoted))
            return true;
    return false;
}

static int on_sign(void *user, const char *nonce, uint8_t signature[64])
{
    const struct vane_session *session = user;

    vane_operator_key_sign(&session->key, nonce, signature);
    return 0;
}

/* ---- connecting ---- */

static int read_key(struct vane_session *session, const struct vane_settings *settings)
{
    const char *path = settings->nkey_file ? settings->nkey_file : settings->credentials_file;
    g_autofree char *why = NULL;

    if (!path || vane_operator_key_read(path, &session->key, &why) == 0)
        return VANE_EXIT_DONE;
    vane_cli_complain(session->cli, "%s", why);
    return VANE_EXIT_FAILED;
}

static int make_client(struct vane_session *session, const struct vane_settings *settings)
{
    g_auto(GStrv) servers = g_strsplit(settings->servers, ",", -1);
    const struct vane_nats_options options = {
        .servers = (const char *const *)servers,
        .name = "netvane",
        .nkey = settings->nkey_file ? session->key.nkey : NULL,
        .jwt_file = settings->credentials_file,
        .token = settings->token,
        .login = settings->user,
        .password = settings->password,
        .tls_ca = settings->ca_file,
        .tls_cert = settings->certificate_file,
        .tls_key = settings->key_file,
        .wake = on_wake,
        .state = on_state,
        .refused = on_refused,
        .sign = on_sign,
        .user = session,
    };
    g_autofree char *why = NULL;

    for (char **server = servers; *server; server++)
        g_strstrip(*server);
    session->servers = g_strv_length(servers);
    if (vane_nats_new(&options, &session->nats, &why) == 0)
        return VANE_EXIT_DONE;
    vane_cli_complain(session->cli, "%s", why);
    return VANE_EXIT_FAILED;
}

/* What somebody can do who is not let in; to be freed. */
static char *advice(const struct vane_session *session, const struct vane_settings *settings)
{
    if (!session->problem || !strstr(session->problem, "uthorization"))
        return g_strdup("");
    if (*session->key.nkey)
        return g_strdup_printf(" (it does not let the key %s in)", session->key.nkey);
    if (settings->user || settings->token)
        return g_strdup("");
    return g_strdup(" (--creds, --nkey-file or --context tell it who you are)");
}

/* Each server is tried once: somebody waits for a word. */
static int wait_connected(struct vane_session *session, const struct vane_asking *asking)
{
    int64_t until = vane_session_now() + asking->timeout_ms;
    g_autofree char *what_to_do = NULL;

    while (!session->connected && vane_session_now() < until &&
           g_hash_table_size(session->tried) < session->servers)
        if (vane_session_turn(session, until - vane_session_now()) == -EINTR &&
            (vane_signals_interrupted() || vane_signals_ending()))
            return VANE_EXIT_INTERRUPTED;
    if (session->connected)
        return VANE_EXIT_DONE;
    what_to_do = advice(session, &asking->settings);
    vane_cli_complain(session->cli, "cannot connect to NATS on %s: %s%s",
                      session->server ? session->server : asking->settings.servers,
                      session->problem ? session->problem : "no answer in time", what_to_do);
    return VANE_EXIT_FAILED;
}

static void make_inbox(struct vane_session *session, const struct vane_settings *settings)
{
    char inbox[VANE_NATS_INBOX_SIZE];

    vane_nats_inbox(inbox);
    session->inbox = settings->inbox_prefix
                         ? g_strconcat(settings->inbox_prefix, strchr(inbox, '.'), NULL)
                         : g_strdup(inbox);
}

int vane_session_open(struct vane_session *session, struct vane_cli *cli,
                      struct vane_asking *asking)
{
    g_autofree char *why = NULL;
    int status;

    *session = (struct vane_session){.cli = cli, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    session->refused = g_ptr_array_new_with_free_func(g_free);
    session->tried = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (vane_settings_load(&asking->settings, &why) < 0) {
        vane_cli_complain(cli, "%s", why);
        return VANE_EXIT_FAILED;
    }
    make_inbox(session, &asking->settings);
    status = read_key(session, &asking->settings);
    if (status == VANE_EXIT_DONE)
        status = make_client(session, &asking->settings);
    return status == VANE_EXIT_DONE ? wait_connected(session, asking) : status;
}

void vane_session_close(struct vane_session *session)
{
    vane_nats_free(session->nats);
    vane_operator_key_clear(&session->key);
    g_clear_pointer(&session->refused, g_ptr_array_unref);
    g_clear_pointer(&session->tried, g_hash_table_unref);
    g_free(session->server);
    g_free(session->problem);
    g_free(session->inbox);
    if (session->wake >= 0)
        close(session->wake);
}

/* ---- talking ---- */

int vane_session_turn(struct vane_session *session, int64_t timeout_ms)
{
    struct pollfd wake = {.fd = session->wake, .events = POLLIN};
    int timeout = timeout_ms < 0 ? -1 : (int)MIN(timeout_ms, G_MAXINT);
    int r = vane_signals_poll(&wake, 1, timeout);
    eventfd_t count;

    if (r == -EINTR)
        return r;
    (void)eventfd_read(session->wake, &count);
    vane_nats_dispatch(session->nats);
    return 0;
}

static const char *reason(const struct vane_session *session, int error)
{
    switch (error) {
    case -ENOTCONN:
        return session->problem ? session->problem : "the connection was lost";
    case -ENOBUFS:
        return "the server takes nothing more";
    default:
        return g_strerror(-error);
    }
}

int vane_session_publish(struct vane_session *session, const struct vane_nats_outgoing *message,
                         int64_t timeout_ms)
{
    int64_t until = vane_session_now() + timeout_ms;
    int r;

    while ((r = vane_nats_publish(session->nats, message)) == -ENOBUFS &&
           vane_session_now() < until)
        vane_session_turn(session, 1);
    if (r == 0)
        return VANE_EXIT_DONE;
    if (r == -EMSGSIZE)
        vane_cli_complain(session->cli,
                          "%zu bytes of arguments are more than the NATS server takes (%zu, "
                          "max_payload)",
                          message->length, session->max_payload);
    else
        vane_cli_complain(session->cli, "cannot ask over NATS on %s: %s", session->server,
                          reason(session, r));
    return VANE_EXIT_FAILED;
}
