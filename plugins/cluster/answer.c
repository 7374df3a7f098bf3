/* Answers in CBus's format, signed for who has given a nonce. See request.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "plugins/cluster/request.h"

#define ERROR_MAX 1024

struct answer {
    const char *signature, *error, *code, *body;
    size_t length;
};

struct proof {
    char time[24], signature[VANE_SIGNATURE_TEXT_LENGTH + 1];
};

static int prove(struct vane_call *call, const struct answer *answer, struct proof *proof)
{
    const struct vane_signed_parts parts = {
        .subject = call->reply,
        .time = proof->time,
        .nonce = call->sender.nonce,
        .headers = {call->cluster->key.nkey, answer->signature, answer->error, answer->code},
        .body = answer->body,
        .body_length = answer->length,
    };

    g_snprintf(proof->time, sizeof(proof->time), "%" PRId64, (int64_t)(g_get_real_time() / 1000));
    return vane_key_sign(call->cluster, VANE_SIGNED_REPLY, &parts, proof->signature);
}

static int publish(struct vane_call *call, const struct answer *answer)
{
    struct vane_cluster *cluster = call->cluster;
    struct proof proof;
    bool proven = *call->sender.nonce && prove(call, answer, &proof) == 0;
    const struct vane_nats_header headers[] = {
        {"NKey", cluster->key.nkey},
        {"Signature", answer->signature},
        {"Nats-Service-Error", answer->error},
        {"Nats-Service-Error-Code", answer->code},
        {VANE_SIGNED_KEY, proven ? cluster->key.nkey : NULL},
        {VANE_SIGNED_TIME, proven ? proof.time : NULL},
        {VANE_SIGNED_NONCE, proven ? call->sender.nonce : NULL},
        {VANE_SIGNED_SIGNATURE, proven ? proof.signature : NULL},
        {NULL, NULL},
    };
    const struct vane_nats_outgoing message = {
        .subject = call->reply,
        .headers = headers,
        .body = answer->body,
        .length = answer->length,
    };

    return cluster->nats ? vane_nats_publish(cluster->nats, &message) : -ENOTCONN;
}

static void count(struct vane_call *call)
{
    uint64_t now = 0;

    (void)call->cluster->host->loop->now(&now);
    call->cluster->counters.busy_ns[call->what.kind] += now - call->begun_ns;
}

static void finish(struct vane_call *call, int r)
{
    if (r < 0)
        call->cluster->counters.replies_lost++;
    g_clear_pointer(&call->reply, g_free);
}

void vane_answer_value(struct vane_call *call, const char *json, size_t length,
                       const char *signature)
{
    const struct answer answer = {.signature = signature, .body = json, .length = length};
    int r;

    if (!call->reply)
        return;
    count(call);
    r = publish(call, &answer);
    if (r == -EMSGSIZE)
        vane_answer_error(call, VANE_ERROR_TOO_LONG,
                          "the result takes more than the %zu bytes that the server allows",
                          call->cluster->link.max_payload);
    else
        finish(call, r);
}

/* A header is one line of text. */
__attribute__((format(printf, 1, 0))) static char *one_line(const char *format, va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    char *valid = g_utf8_make_valid(text, (gssize)strnlen(text, ERROR_MAX));

    for (char *at = valid; *at; at++)
        if (g_ascii_iscntrl(*at))
            *at = ' ';
    return g_strstrip(valid);
}

void vane_answer_error(struct vane_call *call, const char *code, const char *format, ...)
{
    struct vane_cluster_counters *counters = &call->cluster->counters;
    struct answer answer = {.code = code, .body = ""};
    g_autofree char *text = NULL;
    va_list arguments;

    if (!call->reply)
        return;
    va_start(arguments, format);
    answer.error = text = one_line(format, arguments);
    va_end(arguments);
    count(call);
    counters->errors[call->what.kind]++;
    g_free(counters->last_error[call->what.kind]);
    counters->last_error[call->what.kind] = g_strdup(text);
    finish(call, publish(call, &answer));
}
