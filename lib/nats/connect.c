/* One attempt to connect to one server. See client-internal.h. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/file.h"
#include "lib/json/writer.h"
#include "lib/keys/credentials.h"
#include "lib/nats/client-internal.h"

#define PING_MS          20000 /* two without an answer, and the connection is dead */
#define WRITE_MS         5000
#define SIGN_SECONDS     5
#define SIGNATURE_LENGTH 64
#define SIGNATURES_MOST  8 /* in a row that libnats would not send: never, see on_sign() */
#define SYSTEM_CA        "/etc/ssl/certs/ca-certificates.crt"

/* libnats puts in front where in its source the error arose. */
static const char *without_place(const char *text)
{
    const char *end = *text == '(' ? strstr(text, "): ") : NULL;

    return end ? end + strlen("): ") : text;
}

char *vane_nats_last_error(const struct vane_nats *client, natsStatus status)
{
    natsStatus last = NATS_OK;
    const char *text = client->library->nats_GetLastError(&last);

    if (status == NATS_NO_SERVER)
        return g_strdup("no server listens there, or the name has no address");
    if (last != status || !text || !*text)
        text = client->library->natsStatus_GetText(status);
    return g_strdup(without_place(text));
}

char *vane_nats_public_url(const char *url)
{
    const char *host = strstr(url, "://");
    const char *end = NULL;

    host = host ? host + 3 : url;
    end = strrchr(host, '@');
    return g_strdup_printf("%.*s%s", (int)(host - url), url, end ? end + 1 : host);
}

/* The owner signs, on its thread. Nothing is held up but this attempt. */
static natsStatus ask_owner(struct vane_nats *client, const char *nonce, uint8_t *signature)
{
    gint64 deadline = g_get_monotonic_time() + SIGN_SECONDS * G_TIME_SPAN_SECOND;
    bool signed_it;

    g_mutex_lock(&client->lock);
    client->signing = (struct vane_nats_signing){.nonce = nonce};
    vane_nats_wake(client);
    while (!client->signing.done && !client->stopping)
        if (!g_cond_wait_until(&client->signature_comes, &client->lock, deadline))
            break;
    signed_it = client->signing.done && client->signing.result == 0;
    memcpy(signature, client->signing.signature, SIGNATURE_LENGTH);
    client->signing.nonce = NULL;
    g_mutex_unlock(&client->lock);
    return signed_it ? NATS_OK : NATS_ERR;
}

/* A server that asks nobody who he is sends no nonce, and looks at no signature. libnats frees what
 * it is given with free(), which need not be g_free(). And it takes a signature that begins with a
 * zero byte for none and leaves it out, so that one login in 256 would be refused: such a one is
 * not given away, but another nonce asked for. */
static natsStatus on_sign(char **problem, unsigned char **signature, int *length, const char *nonce,
                          void *closure)
{
    struct vane_nats *client = closure;
    uint8_t *bytes = calloc(1, SIGNATURE_LENGTH);
    bool asked = nonce && *nonce;

    if (!bytes || (asked && ask_owner(client, nonce, bytes) != NATS_OK)) {
        *problem = strdup("cannot sign the server's nonce: the machine's key is not usable");
        free(bytes);
        return NATS_ERR;
    }
    client->unsendable = asked && bytes[0] == 0;
    if (client->unsendable) {
        *problem = strdup("libnats does not send signatures that begin with a zero byte");
        free(bytes);
        return NATS_ERR;
    }
    *signature = bytes;
    *length = SIGNATURE_LENGTH;
    return NATS_OK;
}

static natsStatus on_jwt(char **jwt, char **problem, void *closure)
{
    const char *path = ((struct vane_nats *)closure)->options.jwt_file;
    g_autofree char *text = NULL;
    g_autofree char *why = NULL;
    size_t length;
    int r = vane_file_read(path, VANE_CREDENTIALS_MAX, &text, &length);
    const char *found = r < 0 ? NULL : vane_credentials_jwt(text, &length);

    if (found) {
        *jwt = strndup(found, length);
        return NATS_OK;
    }
    why = r < 0 ? g_strdup_printf("cannot read %s: %s", path, g_strerror(-r))
                : g_strdup_printf("%s has no JWT of a user", path);
    *problem = strdup(why);
    return NATS_ERR;
}

/* libnats puts texts between quotes and does not look at what is in them; the server reads JSON. To
 * be freed by forget(). */
static char *escape(const char *text)
{
    struct vane_json json = {0};
    size_t length;
    char *quoted;

    vane_json_string(&json, text);
    quoted = vane_json_steal(&json, &length);
    memmove(quoted, quoted + 1, length - 2);
    memset(quoted + length - 2, 0, 2);
    return quoted;
}

static void forget(char *text)
{
    sodium_memzero(text, strlen(text));
    g_free(text);
}

static natsStatus set_text(natsOptions *to, natsStatus (*set)(natsOptions *to, const char *text),
                           const char *text)
{
    char *escaped = escape(text);
    natsStatus s = set(to, escaped);

    forget(escaped);
    return s;
}

static natsStatus set_login(struct vane_nats *client, natsOptions *to)
{
    const struct vane_nats_options *options = &client->options;
    char *login = escape(options->login);
    char *password = escape(options->password ? options->password : "");
    natsStatus s = client->library->natsOptions_SetUserInfo(to, login, password);

    forget(login);
    forget(password);
    return s;
}

static natsStatus set_user(struct vane_nats *client, natsOptions *to)
{
    const struct vane_nats_library *library = client->library;
    const struct vane_nats_options *options = &client->options;
    natsStatus s = NATS_OK;

    if (options->jwt_file)
        s = library->natsOptions_SetUserCredentialsCallbacks(to, on_jwt, client, on_sign, client);
    else if (options->nkey)
        s = library->natsOptions_SetNKey(to, options->nkey, on_sign, client);
    if (s == NATS_OK && options->token)
        s = set_text(to, library->natsOptions_SetToken, options->token);
    if (s == NATS_OK && options->login)
        s = set_login(client, to);
    return s;
}

static const char *trusted(const struct vane_nats_options *options)
{
    if (options->tls_ca)
        return options->tls_ca;
    return g_file_test(SYSTEM_CA, G_FILE_TEST_EXISTS) ? SYSTEM_CA : NULL;
}

/* Who names certificates wants TLS, whatever the address begins with: a server's word alone, which
 * comes in the clear, would do without. libnats checks the name of the host. */
static natsStatus set_tls(struct vane_nats *client, natsOptions *to, const char *url)
{
    const struct vane_nats_library *library = client->library;
    const struct vane_nats_options *options = &client->options;
    natsStatus s = NATS_OK;

    if (!g_str_has_prefix(url, "tls://") && !options->tls_ca && !options->tls_cert)
        return NATS_OK;
    if (trusted(options))
        s = library->natsOptions_LoadCATrustedCertificates(to, trusted(options));
    if (s == NATS_OK && options->tls_cert)
        s = library->natsOptions_LoadCertificatesChain(to, options->tls_cert, options->tls_key);
    return s == NATS_OK ? library->natsOptions_SetSecure(to, true) : s;
}

/* Reconnecting is ours: libnats gives a server up after it has refused our key twice. */
static natsStatus set_manners(struct vane_nats *client, natsOptions *to)
{
    const struct vane_nats_library *library = client->library;
    void *id = GUINT_TO_POINTER(client->id);
    natsStatus s = library->natsOptions_SetAllowReconnect(to, false);

    if (s == NATS_OK && client->options.name)
        s = set_text(to, library->natsOptions_SetName, client->options.name);
    if (s == NATS_OK)
        s = library->natsOptions_SetTimeout(to, VANE_NATS_TIMEOUT_MS);
    if (s == NATS_OK)
        s = library->natsOptions_SetPingInterval(to, PING_MS);
    if (s == NATS_OK)
        s = library->natsOptions_SetMaxPingsOut(to, 2);
    if (s == NATS_OK)
        s = library->natsOptions_SetWriteDeadline(to, WRITE_MS);
    if (s == NATS_OK)
        s = library->natsOptions_SetSendAsap(to, true);
    if (s == NATS_OK)
        s = library->natsOptions_UseGlobalMessageDelivery(to, true);
    if (s == NATS_OK)
        s = library->natsOptions_SetClosedCB(to, vane_nats_on_closed, id);
    return s == NATS_OK ? library->natsOptions_SetErrorHandler(to, vane_nats_on_error, id) : s;
}

static int connect_once(struct vane_nats *client, const char *url, natsConnection **connection,
                        char **problem)
{
    const struct vane_nats_library *library = client->library;
    natsOptions *options = NULL;
    natsStatus s = library->natsOptions_Create(&options);

    if (s == NATS_OK)
        s = library->natsOptions_SetURL(options, url);
    if (s == NATS_OK)
        s = set_manners(client, options);
    if (s == NATS_OK)
        s = set_user(client, options);
    if (s == NATS_OK)
        s = set_tls(client, options, url);
    if (s == NATS_OK)
        s = library->natsConnection_Connect(connection, options);
    if (s != NATS_OK)
        *problem = vane_nats_last_error(client, s);
    library->natsOptions_Destroy(options);
    return s == NATS_OK ? 0 : -1;
}

int vane_nats_connect(struct vane_nats *client, const char *url, natsConnection **connection,
                      char **problem)
{
    int r = -1;

    for (int i = 0; i == 0 || (r < 0 && client->unsendable && i < SIGNATURES_MOST); i++) {
        g_clear_pointer(problem, g_free);
        client->unsendable = false;
        r = connect_once(client, url, connection, problem);
    }
    return r;
}
