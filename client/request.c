/* From a request to its answer, in the form that the connection speaks. See can.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/can.h"

#define LIST_LIMIT 65536u

void vane_canlib_begin(struct vane_canlib_request *request, uint8_t operation, const char *verb,
                       const char *name)
{
    const struct vane_wire_head head = {.operation = operation};

    *request = (struct vane_canlib_request){.verb = verb, .name = name, .operation = operation};
    if (operation <= VANE_WIRE_DOWN)
        request->classic[0] = operation;
    vane_wire_begin(&request->writer, request->bytes, sizeof(request->bytes), &head);
    if (name)
        vane_wire_put_text(&request->writer, VANE_WIRE_NAME, name);
}

int vane_canlib_check_name(const char *verb, const char *name)
{
    const char *complaint = name ? vane_wire_name_complaint(name, strlen(name)) : "is NULL";

    if (!complaint)
        return 0;
    return vane_canlib_fail(-EINVAL, "cannot %s an interface whose name %s", verb, complaint);
}

static int no_answer(struct vane_can *can)
{
    return vane_canlib_because(can, -EPROTO, "what came from %s is no answer", can->server.path);
}

/* ---- the second form ---- */

static int send_request(struct vane_can *can, struct vane_canlib_request *request, int64_t deadline)
{
    size_t size = vane_wire_end(&request->writer);
    uint32_t id = ++can->last_id;

    if (size == 0)
        return vane_canlib_because(can, -EINVAL, "the request is too long");
    for (int i = 0; i < 4; i++)
        request->bytes[4 + i] = (uint8_t)(id >> (8 * i) & 0xff);
    return vane_canlib_send(can, request->bytes, size, deadline);
}

/* The next answer to the last request. Those to requests that were given up are passed over. */
static int next_answer(struct vane_can *can, uint8_t operation, int64_t deadline,
                       struct vane_canlib_answer *answer)
{
    for (;;) {
        int taken = vane_canlib_answer_parse(can->buffer, can->received, answer);
        int r = taken == 0 ? vane_canlib_receive(can, deadline) : 0;

        if (r < 0)
            return r;
        if (taken < 0)
            return no_answer(can);
        vane_canlib_consume(can, (size_t)taken);
        if (taken > 0 && answer->id == can->last_id)
            return answer->operation == operation ? 0 : no_answer(can);
    }
}

static int gather(struct vane_can *can, struct vane_canlib_infos *infos,
                  const struct vane_can_info *info)
{
    if (infos->count == infos->room) {
        size_t room = infos->room ? 2 * infos->room : 16;
        struct vane_can_info *items = NULL;

        if (room <= LIST_LIMIT)
            items = realloc(infos->items, room * sizeof(*items));
        if (!items)
            return vane_canlib_because(can, -ENOMEM, "there are too many interfaces");
        infos->items = items;
        infos->room = room;
    }
    infos->items[infos->count++] = *info;
    return 0;
}

static int exchange_nvc1(struct vane_can *can, struct vane_canlib_request *request,
                         int64_t deadline, struct vane_canlib_answer *answer)
{
    int r = send_request(can, request, deadline);

    if (request->infos)
        request->infos->count = 0;
    while (r == 0) {
        r = next_answer(can, request->operation, deadline, answer);
        if (r < 0 || !answer->more)
            return r;
        r = request->infos ? gather(can, request->infos, &answer->info) : no_answer(can);
    }
    return r;
}

/* ---- the classic form ---- */

static int exchange_classic(struct vane_can *can, uint8_t operation, const char *name,
                            int64_t deadline, struct vane_canlib_answer *answer)
{
    uint8_t bytes[VANE_WIRE_CLASSIC_REQUEST_MAX];
    size_t size = vane_wire_classic_put(bytes, sizeof(bytes), operation, name);
    int r = vane_canlib_send(can, bytes, size, deadline);

    while (r == 0) {
        int taken = vane_canlib_classic_answer_parse(can->buffer, can->received, answer);

        if (taken < 0)
            return no_answer(can);
        vane_canlib_consume(can, (size_t)taken);
        if (taken > 0)
            return can->received == 0 ? 0 : no_answer(can);
        r = vane_canlib_receive(can, deadline);
    }
    return r;
}

static int not_classic(struct vane_can *can)
{
    return vane_canlib_because(can, -EOPNOTSUPP,
                               "the daemon at %s speaks only the classic protocol, which cannot",
                               can->server.path);
}

/* ---- both ---- */

/* Whether the next answer on the connection could be mistaken for that to a later request. */
static bool out_of_step(const struct vane_can *can, int r)
{
    switch (-r) {
    case 0:
    case EINVAL:
    case ENOMEM:
    case EOPNOTSUPP:
        return false;
    case ETIMEDOUT: /* in the second form a late answer is known by its id */
        return can->server.classic;
    default:
        return true;
    }
}

int vane_canlib_exchange(struct vane_can *can, struct vane_canlib_request *request,
                         int64_t deadline, struct vane_canlib_answer *answer)
{
    return can->server.classic ? not_classic(can) : exchange_nvc1(can, request, deadline, answer);
}

/* One attempt; in the classic form, of the one operation at `step`. */
static int attempt(struct vane_can *can, struct vane_canlib_request *request, size_t step,
                   int64_t deadline, struct vane_canlib_answer *answer)
{
    int r = vane_canlib_connect(can, deadline);

    if (r < 0)
        return r;
    if (can->server.classic && request->classic[step])
        r = exchange_classic(can, request->classic[step], request->name, deadline, answer);
    else
        r = vane_canlib_exchange(can, request, deadline, answer);
    if (out_of_step(can, r))
        vane_canlib_hang_up(can);
    return r;
}

static int run(struct vane_can *can, struct vane_canlib_request *request,
               struct vane_canlib_answer *answer)
{
    int64_t deadline = vane_canlib_deadline(can->timeout_ms);
    bool again = false;
    size_t step = 0;
    int r;

    for (;;) {
        r = attempt(can, request, step, deadline, answer);
        if (r == -ECONNRESET && !again) {
            again = true;
            continue;
        }
        if (r < 0 || answer->code != VANE_WIRE_OK || !can->server.classic ||
            !request->classic[++step])
            break;
        again = false;
    }
    /* Deleted by the first attempt, whose answer was lost. */
    if (r == 0 && again && request->operation == VANE_WIRE_DELETE &&
        answer->code == VANE_WIRE_NOT_FOUND)
        answer->code = VANE_WIRE_OK;
    return r;
}

static int errno_of(uint8_t code)
{
    static const int errors[] = {
        [VANE_WIRE_OK] = 0,
        [VANE_WIRE_BAD_OPERATION] = -EOPNOTSUPP,
        [VANE_WIRE_BAD_NAME] = -EINVAL,
        [VANE_WIRE_NOT_PERMITTED] = -EPERM,
        [VANE_WIRE_NOT_CAN] = -EMEDIUMTYPE,
        [VANE_WIRE_NOT_FOUND] = -ENODEV,
        [VANE_WIRE_KERNEL] = -EIO,
        [VANE_WIRE_QUOTA] = -EDQUOT,
        [VANE_WIRE_UNSUPPORTED] = -EOPNOTSUPP,
        [VANE_WIRE_BAD_REQUEST] = -EINVAL,
        [VANE_WIRE_EXISTS] = -EEXIST,
        [VANE_WIRE_STOPPING] = -ESHUTDOWN,
    };

    return code < sizeof(errors) / sizeof(errors[0]) ? errors[code] : -EIO;
}

static int refused(struct vane_can *can, const struct vane_canlib_answer *answer)
{
    if (answer->message[0])
        return vane_canlib_because(can, errno_of(answer->code), "%s", answer->message);
    return vane_canlib_because(can, errno_of(answer->code),
                               "the daemon refused it with code %u, %s", answer->code,
                               vane_wire_code_name(answer->code));
}

int vane_canlib_ask(struct vane_can *can, struct vane_canlib_request *request,
                    struct vane_canlib_answer *answer)
{
    int r;

    pthread_mutex_lock(&can->lock);
    r = run(can, request, answer);
    if (r == 0 && answer->code != VANE_WIRE_OK)
        r = refused(can, answer);
    if (r == 0)
        r = vane_canlib_lease_note(can, request->name, request->lease);
    if (r < 0)
        (void)vane_canlib_fail(r, "cannot %s%s%s: %s", request->verb, request->name ? " " : "",
                               request->name ? request->name : "", can->detail);
    pthread_mutex_unlock(&can->lock);
    return r;
}
