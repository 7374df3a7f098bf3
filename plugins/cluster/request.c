/* A message becomes a call, or is refused. See request.h. */
#include "plugins/cluster/request.h"

#include <errno.h>
#include <string.h>

#include "lib/json/scanner.h"
#include "lib/text/number.h"

#define CALL_BYTES_MAX ((size_t)64 << 20) /* of all calls under way */
#define ARGUMENTS_MAX  ((size_t)16 << 20)

void vane_call_free(struct vane_call *call)
{
    sd_bus_slot_unref(call->slot);
    call->cluster->call_bytes -= call->bytes;
    if (call->place)
        g_queue_delete_link(&call->cluster->calls, call->place);
    vane_bus_call_clear(&call->what);
    g_free(call->reply);
    g_free(call->arguments);
    g_free(call);
}

static bool read_flags(struct vane_call *call, const struct vane_nats_message *message)
{
    struct vane_nats *nats = call->cluster->nats;
    const char *flags = vane_nats_header(nats, message, "Method-Flag");
    const char *variants = vane_nats_header(nats, message, "Netvane-Variants");
    int64_t number = 0;

    if (flags && vane_text_parse_int64(flags, 0, 7, &number) < 0) {
        vane_answer_error(
            call, VANE_ERROR_BAD,
            "Method-Flag is none of 0 to 7: 1 no reply, 2 no auto-start, 4 interactive "
            "authorization, or their sum");
        return false;
    }
    call->flags = (unsigned)number;
    call->variants = variants && strcmp(variants, "yes") == 0;
    return true;
}

static bool read_target(struct vane_call *call, const struct vane_nats_message *message)
{
    const char *exactly = vane_nats_header(call->cluster->nats, message, VANE_CALL_HEADER);
    char nkey[VANE_NKEY_LENGTH + 1];

    if (vane_subject_parse(message->subject, nkey, &call->what) < 0) {
        vane_answer_error(call, VANE_ERROR_BAD,
                          "the subject is not DESTINATION.PATH.(prop|method).MEMBER");
        return false;
    }
    if (!exactly || vane_call_header_parse(exactly, &call->what) == 0)
        return true;
    vane_answer_error(call, VANE_ERROR_BAD,
                      "the header " VANE_CALL_HEADER " is not {\"destination\", \"path\", "
                      "\"interface\", \"member\"} with names of D-Bus");
    return false;
}

/* A method without arguments may come without a body. */
static bool read_arguments(struct vane_call *call, const struct vane_nats_message *message)
{
    struct vane_json_limits limits = VANE_JSON_LIMITS_DEFAULT;
    struct vane_json_error error;

    if (call->what.kind == VANE_CALL_PROPERTY)
        return true;
    if (message->length == 0) {
        call->arguments = g_strdup("[]");
        return true;
    }
    limits.size = ARGUMENTS_MAX;
    limits.uint64 = true;
    if (vane_json_scan(message->body, message->length, &limits, &error) < 0) {
        vane_answer_error(call, VANE_ERROR_BAD, "the arguments are not JSON: %s at byte %zu",
                          error.reason, error.offset);
        return false;
    }
    call->arguments = g_strndup(message->body, message->length);
    call->bytes = message->length;
    call->cluster->call_bytes += call->bytes;
    return true;
}

static bool verify(struct vane_call *call, const struct vane_nats_message *message)
{
    if (vane_sender_verify(call->cluster, message, &call->sender) == 0)
        return true;
    vane_answer_error(call, VANE_ERROR_SIGNATURE, "%s", call->sender.why);
    return false;
}

static bool has_room(struct vane_call *call, const struct vane_nats_message *message)
{
    struct vane_cluster *cluster = call->cluster;

    if (cluster->calls.length < cluster->options.max_requests &&
        cluster->call_bytes + message->length <= CALL_BYTES_MAX)
        return true;
    cluster->counters.refused++;
    vane_answer_error(call, VANE_ERROR_BUSY, "%u requests are under way, and no more are taken",
                      cluster->calls.length);
    return false;
}

/* Nobody waits for a property that is not answered. */
static bool is_wanted(const struct vane_call *call)
{
    return call->reply || call->what.kind == VANE_CALL_METHOD;
}

void vane_request_received(void *user, const struct vane_nats_message *message)
{
    struct vane_call *call = g_new0(struct vane_call, 1);

    call->cluster = user;
    call->reply = g_strdup(message->reply);
    (void)call->cluster->host->loop->now(&call->begun_ns);
    call->deadline_ns = call->begun_ns + call->cluster->options.call_timeout_ms * 1000000u;
    if (!read_target(call, message) || !is_wanted(call)) {
        vane_call_free(call);
        return;
    }
    call->cluster->counters.requests[call->what.kind]++;
    if (has_room(call, message) && verify(call, message) && read_flags(call, message) &&
        read_arguments(call, message) && vane_access_call(call))
        vane_lanes_add(call);
    else
        vane_call_free(call);
}
