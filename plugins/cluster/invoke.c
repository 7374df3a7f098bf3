/*
 * One call at the bus. A property whose interface is known is read at once; otherwise the object is
 * introspected first, which tells whose member it is and what arguments it takes. See request.h.
 */
#include <errno.h>
#include <string.h>

#include "lib/json/writer.h"
#include "plugins/cluster/objects.h"
#include "plugins/cluster/request.h"
#include "plugins/cluster/value.h"

/* The call ends at the deadline of ours, but its place is kept until the bus is done with it. */
#define FOREVER (UINT64_MAX / 2)
/* What an answer's headers take at most beside its body. */
#define HEADER_BYTES 2048u

static void invoke(struct vane_call *call, const struct vane_member *member);
static int introspect(struct vane_call *call);

static void end(struct vane_call *call, const char *code, const char *why)
{
    vane_answer_error(call, code, "%s", why);
    vane_lanes_done(call);
}

static bool is_absent(const sd_bus_error *error)
{
    static const char *const names[] = {
        SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER, SD_BUS_ERROR_UNKNOWN_OBJECT,
        SD_BUS_ERROR_UNKNOWN_METHOD,  SD_BUS_ERROR_UNKNOWN_INTERFACE, SD_BUS_ERROR_UNKNOWN_PROPERTY,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (sd_bus_error_has_name(error, names[i]))
            return true;
    return false;
}

static void answer_refusal(struct vane_call *call, const sd_bus_error *error)
{
    vane_answer_error(call, is_absent(error) ? VANE_ERROR_ABSENT : VANE_ERROR_SERVICE, "%s: %s",
                      error->name, error->message ? error->message : "");
}

/* ---- what the service has answered ---- */

static const char *reason_for(int error)
{
    switch (error) {
    case -EOPNOTSUPP:
        return "the result has a file descriptor, which means nothing on another machine";
    case -E2BIG:
        return "the result takes more than the server allows, or is nested too deeply";
    default:
        return "the service's answer cannot be read";
    }
}

static int write_result(struct vane_call *call, sd_bus_message *reply, struct vane_json *json,
                        const char **signature)
{
    size_t most = call->cluster->link.max_payload;
    const struct vane_value_style style = {
        .variant_signatures = call->variants,
        .limit = most > 2 * HEADER_BYTES ? most - HEADER_BYTES : most,
    };
    int r = 0;

    if (call->what.kind == VANE_CALL_METHOD) {
        vane_json_array_begin(json);
        r = vane_value_write(json, reply, &style);
        vane_json_array_end(json);
        return r;
    }
    r = sd_bus_message_peek_type(reply, NULL, signature);
    if (r > 0)
        r = sd_bus_message_enter_container(reply, 'v', *signature);
    return r < 0 ? r : vane_value_write(json, reply, &style);
}

static void answer_result(struct vane_call *call, sd_bus_message *reply)
{
    struct vane_json json = {0};
    const char *signature = NULL;
    const char *text;
    size_t length;
    int r = write_result(call, reply, &json, &signature);

    if (r < 0) {
        vane_answer_error(call, r == -E2BIG ? VANE_ERROR_TOO_LONG : VANE_ERROR_SERVICE, "%s",
                          reason_for(r));
    } else {
        text = vane_json_text(&json, &length);
        vane_answer_value(call, text, length, signature);
    }
    vane_json_clear(&json);
}

static int on_result(sd_bus_message *reply, void *user, sd_bus_error *ignored)
{
    struct vane_call *call = user;
    const sd_bus_error *error = sd_bus_message_get_error(reply);

    if (call->reply && error)
        answer_refusal(call, error);
    else if (call->reply)
        answer_result(call, reply);
    vane_lanes_done(call);
    return 0;
}

/* ---- asking the service ---- */

static void set_flags(struct vane_call *call, sd_bus_message *message)
{
    bool starts = call->what.kind == VANE_CALL_METHOD && !(call->flags & VANE_FLAG_NO_START);

    (void)sd_bus_message_set_auto_start(message, starts);
    (void)sd_bus_message_set_allow_interactive_authorization(
        message, (call->flags & VANE_FLAG_INTERACTIVE) != 0);
}

static int send_message(struct vane_call *call, sd_bus_message *message,
                        sd_bus_message_handler_t answered)
{
    call->slot = sd_bus_slot_unref(call->slot);
    set_flags(call, message);
    return sd_bus_call_async(call->cluster->bus, &call->slot, message, answered, call, FOREVER);
}

static void send_and_forget(struct vane_call *call, sd_bus_message *message)
{
    set_flags(call, message);
    (void)sd_bus_message_set_expect_reply(message, false);
    if (sd_bus_send(call->cluster->bus, message, NULL) < 0)
        vane_answer_error(call, VANE_ERROR_NO_BUS, "the system bus does not take the call");
    else
        vane_answer_value(call, "[]", 2, NULL);
    vane_lanes_done(call);
}

static int read_property(struct vane_call *call)
{
    sd_bus_message *message = NULL;
    int r =
        sd_bus_message_new_method_call(call->cluster->bus, &message, call->what.destination,
                                       call->what.path, "org.freedesktop.DBus.Properties", "Get");

    if (r >= 0)
        r = sd_bus_message_append(message, "ss", call->what.interface, call->what.member);
    if (r >= 0)
        r = send_message(call, message, on_result);
    sd_bus_message_unref(message);
    return r;
}

static void call_method(struct vane_call *call, const struct vane_member *member)
{
    struct vane_json_view arguments = vane_json_root(call->arguments, strlen(call->arguments));
    char why[VANE_VALUE_ERROR_SIZE] = "";
    sd_bus_message *message = NULL;
    int r = sd_bus_message_new_method_call(call->cluster->bus, &message, call->what.destination,
                                           call->what.path, member->interface, member->name);

    if (r >= 0)
        r = vane_value_append(message, member->signature, (const char *const *)member->arguments,
                              arguments, why);
    if (r < 0)
        end(call, VANE_ERROR_BAD, *why ? why : g_strerror(-r));
    else if (call->flags & VANE_FLAG_NO_REPLY)
        send_and_forget(call, message);
    else if (send_message(call, message, on_result) < 0)
        end(call, VANE_ERROR_NO_BUS, "the system bus does not take the call");
    sd_bus_message_unref(message);
}

/* ---- which member is meant ---- */

static const char *const kinds[] = {
    [VANE_CALL_PROPERTY] = "property", [VANE_CALL_METHOD] = "method"};

static void end_unknown(struct vane_call *call, const struct vane_member *other)
{
    if (other)
        vane_answer_error(call, VANE_ERROR_BAD,
                          "more than one interface of %s has the %s %s; name one, such as %s, in "
                          "the header " VANE_CALL_HEADER,
                          call->what.path, kinds[call->what.kind], call->what.member,
                          other->interface);
    else
        vane_answer_error(call, VANE_ERROR_ABSENT, "%s of %s has no %s %s%s%s", call->what.path,
                          call->what.destination, kinds[call->what.kind], call->what.member,
                          call->what.interface ? " in " : "",
                          call->what.interface ? call->what.interface : "");
    vane_lanes_done(call);
}

static enum vane_member_kind member_kind(const struct vane_call *call)
{
    return call->what.kind == VANE_CALL_METHOD ? VANE_MEMBER_METHOD : VANE_MEMBER_PROPERTY;
}

/* An object may have got a new interface since it was described: then it is asked once more. */
static void find_member(struct vane_call *call, const struct vane_description *description)
{
    const struct vane_member *other = NULL;
    const struct vane_member *member = vane_description_find(
        description, member_kind(call), call->what.interface, call->what.member, &other);

    if (member)
        invoke(call, member);
    else if (other || call->described_anew)
        end_unknown(call, other);
    else if (introspect(call) < 0)
        end(call, VANE_ERROR_NO_BUS, "the system bus does not take the call");
}

static int on_described(sd_bus_message *reply, void *user, sd_bus_error *ignored)
{
    struct vane_call *call = user;
    const sd_bus_error *error = sd_bus_message_get_error(reply);
    struct vane_description *description = NULL;
    const char *problem = "is no text";
    const char *xml;

    if (!call->reply || error) {
        if (error)
            answer_refusal(call, error);
        vane_lanes_done(call);
        return 0;
    }
    if (sd_bus_message_read(reply, "s", &xml) > 0)
        description = vane_objects_put(call->cluster->objects, call->what.destination,
                                       call->what.path, xml, &problem);
    if (description) {
        find_member(call, description);
        return 0;
    }
    vane_answer_error(call, VANE_ERROR_SERVICE, "what %s tells about %s %s", call->what.destination,
                      call->what.path, problem);
    vane_lanes_done(call);
    return 0;
}

static int introspect(struct vane_call *call)
{
    struct vane_cluster *cluster = call->cluster;
    sd_bus_message *message = NULL;
    int r = vane_objects_watch(cluster->objects, cluster->bus, call->what.destination);

    call->described_anew = true;
    if (r >= 0)
        r = sd_bus_message_new_method_call(cluster->bus, &message, call->what.destination,
                                           call->what.path, "org.freedesktop.DBus.Introspectable",
                                           "Introspect");
    if (r >= 0)
        r = send_message(call, message, on_described);
    sd_bus_message_unref(message);
    return r;
}

/* ---- the call ---- */

/* The gate is asked again where it did not know the interface the first time. */
static bool may(struct vane_call *call, const struct vane_member *member)
{
    if (call->what.interface)
        return true;
    call->what.interface = g_strdup(member->interface);
    return vane_access_call(call);
}

static void invoke(struct vane_call *call, const struct vane_member *member)
{
    if (!may(call, member)) {
        vane_lanes_done(call);
        return;
    }
    if (call->what.kind == VANE_CALL_METHOD)
        call_method(call, member);
    else if (read_property(call) < 0)
        end(call, VANE_ERROR_NO_BUS, "the system bus does not take the call");
}

void vane_invoke_begin(struct vane_call *call)
{
    const struct vane_description *description;
    int r;

    if (call->what.kind == VANE_CALL_PROPERTY && call->what.interface) {
        r = read_property(call);
    } else {
        description =
            vane_objects_find(call->cluster->objects, call->what.destination, call->what.path);
        if (description) {
            find_member(call, description);
            return;
        }
        r = introspect(call);
    }
    if (r < 0)
        end(call, VANE_ERROR_NO_BUS, "the system bus does not take the call");
}
