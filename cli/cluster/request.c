/* What goes out to machines and what comes back. See request.h. */
#include "cli/cluster/request.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "cli/value.h"
#include "lib/text/hex.h"

#define HEADER_ERROR      "Nats-Service-Error"
#define HEADER_ERROR_CODE "Nats-Service-Error-Code"

/* ---- out ---- */

void vane_request_init(struct vane_request *request, const char *body, const char *call_header)
{
    uint8_t nonce[VANE_NONCE_LENGTH / 2];

    *request =
        (struct vane_request){.body = body, .length = strlen(body), .call_header = call_header};
    g_snprintf(request->time, sizeof(request->time), "%" G_GINT64_FORMAT, g_get_real_time() / 1000);
    randombytes_buf(nonce, sizeof(nonce));
    vane_text_hex(nonce, sizeof(nonce), request->nonce);
}

static void sign(const struct vane_session *session, const struct vane_request *request,
                 const char *subject, const char *inbox, char *signature)
{
    const struct vane_signed_parts parts = {
        .subject = subject,
        .inbox = inbox,
        .time = request->time,
        .nonce = request->nonce,
        .headers = {request->call_header, NULL, request->variants ? "yes" : NULL},
        .body = request->body,
        .body_length = request->length,
    };

    vane_signed_sign(VANE_SIGNED_REQUEST, &parts, session->key.seed, signature);
}

int vane_request_send(struct vane_session *session, const struct vane_request *request,
                      const char *subject, const char *inbox, int64_t timeout_ms)
{
    char signature[VANE_SIGNATURE_TEXT_LENGTH + 1];
    bool has_key = *session->key.nkey;
    const struct vane_nats_header headers[] = {
        {VANE_CALL_HEADER, request->call_header},
        {"Netvane-Variants", request->variants ? "yes" : NULL},
        {VANE_SIGNED_NONCE, request->nonce},
        {VANE_SIGNED_TIME, request->time},
        {VANE_SIGNED_KEY, has_key ? session->key.nkey : NULL},
        {VANE_SIGNED_SIGNATURE, has_key ? signature : NULL},
        {NULL, NULL},
    };
    const struct vane_nats_outgoing message = {
        .subject = subject,
        .reply = inbox,
        .headers = headers,
        .body = request->body,
        .length = request->length,
    };

    if (has_key)
        sign(session, request, subject, inbox, signature);
    return vane_session_publish(session, &message, timeout_ms);
}

/* ---- back ---- */

static const char *header(const struct vane_session *session,
                          const struct vane_nats_message *message, const char *name)
{
    return vane_nats_header(session->nats, message, name);
}

static int verify(const struct vane_session *session, const struct vane_nats_message *message,
                  const char *key)
{
    const char *const *names = vane_signed_headers(VANE_SIGNED_REPLY);
    struct vane_signed_parts parts = {
        .subject = message->subject,
        .time = header(session, message, VANE_SIGNED_TIME),
        .nonce = header(session, message, VANE_SIGNED_NONCE),
        .body = message->body,
        .body_length = message->length,
    };

    for (size_t i = 0; i < VANE_SIGNED_HEADERS_MAX && names[i]; i++)
        parts.headers[i] = header(session, message, names[i]);
    return vane_signed_verify(VANE_SIGNED_REPLY, &parts, key,
                              header(session, message, VANE_SIGNED_SIGNATURE));
}

/* Why nothing proves that this is `nkey`'s answer to our request; NULL: his signature does. */
static char *doubt(const struct vane_session *session, const struct vane_request *request,
                   const struct vane_nats_message *message, const char *nkey)
{
    const char *key = header(session, message, VANE_SIGNED_KEY);

    if (!key || !header(session, message, VANE_SIGNED_SIGNATURE))
        return g_strdup("the reply is not signed");
    if (verify(session, message, key) < 0)
        return g_strdup("the signature is wrong");
    if (g_strcmp0(header(session, message, VANE_SIGNED_NONCE), request->nonce) != 0)
        return g_strdup("what is signed answers another request");
    if (!g_str_equal(key, nkey))
        return g_strdup_printf("it is signed by another machine, %s", key);
    return NULL;
}

static void take_error(struct vane_answer *answer, const char *error, const char *code)
{
    answer->error = g_strdup(error && *error ? error : "the machine does not say why");
    answer->error_code = code && *code ? g_strdup(code) : NULL;
}

static void take_value(struct vane_answer *answer, const struct vane_nats_message *message)
{
    if (vane_cli_scan(message->body, message->length))
        answer->value = g_strndup(message->body, message->length);
    else
        answer->error = g_strdup("the reply is not JSON");
}

struct vane_answer *vane_request_answer(const struct vane_session *session,
                                        const struct vane_request *request,
                                        const struct vane_nats_message *message, const char *asked)
{
    const char *nkey = header(session, message, "NKey");
    const char *error = header(session, message, HEADER_ERROR);
    const char *code = header(session, message, HEADER_ERROR_CODE);
    struct vane_answer *answer;

    nkey = nkey ? nkey : asked;
    if (!nkey || !vane_nkey_valid(nkey))
        return NULL;
    answer = g_new0(struct vane_answer, 1);
    answer->nkey = g_strdup(nkey);
    answer->signature = g_strdup(header(session, message, "Signature"));
    answer->unproven = doubt(session, request, message, nkey);
    if (error || code)
        take_error(answer, error, code);
    else
        take_value(answer, message);
    return answer;
}
