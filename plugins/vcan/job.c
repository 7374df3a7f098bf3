/* One request: may it be, what is there, who does it. See vcan.h. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "plugins/vcan/vcan.h"

const char *vane_vcan_wanted_kind(const struct vane_vcan_job *job)
{
    return job->request.kind[0] ? job->request.kind : "vcan";
}

/* ---- its end ---- */

void vane_vcan_job_free(struct vane_vcan_job *job)
{
    if (job->holds)
        (void)vane_vcan_tally(job->vcan->held, job->person.uid, -1);
    vane_vcan_place_unref(job->place);
    g_free(job);
}

void vane_vcan_job_over(struct vane_vcan_job *job)
{
    struct vane_vcan_client *client = job->client;
    struct vane_vcan *vcan = job->vcan;

    vane_vcan_job_free(job);
    if (client) {
        client->job = NULL;
        vane_vcan_client_go_on(client);
    }
    vane_vcan_settle(vcan);
}

static void conclude(struct vane_vcan_job *job)
{
    vane_vcan_answer(job, NULL, 0);
    vane_vcan_job_over(job);
}

void vane_vcan_done(struct vane_vcan_job *job)
{
    job->code = VANE_WIRE_OK;
    conclude(job);
}

void vane_vcan_fail(struct vane_vcan_job *job, uint8_t code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_vsnprintf(job->message, sizeof(job->message), format, arguments);
    va_end(arguments);
    job->code = code;
    job->vcan->refused++;
    vane_vcan_report_denied(job);
    conclude(job);
}

static void fail_kernel(struct vane_vcan_job *job, int error, const char *text)
{
    const char *name = job->request.name;

    vane_vcan_fail(job, VANE_WIRE_KERNEL, "the kernel refuses to %s %s: %s%s%s",
                   vane_wire_operation_name(job->request.operation), name, g_strerror(-error),
                   text ? ": " : "", text ? text : "");
}

void vane_vcan_fail_errno(struct vane_vcan_job *job, int error, const char *text)
{
    const char *kind = vane_vcan_wanted_kind(job);

    if (error == -ENODEV || error == -ESTALE)
        vane_vcan_fail(job, VANE_WIRE_NOT_FOUND, "there is no interface %s any more",
                       job->request.name);
    else if (error == -EPERM || error == -EACCES)
        vane_vcan_fail(job, VANE_WIRE_UNSUPPORTED,
                       "the daemon may not do this: it needs CAP_NET_ADMIN%s",
                       job->place ? ", and CAP_SYS_ADMIN for another network namespace" : "");
    else if (error == -EOPNOTSUPP && job->request.operation == VANE_WIRE_CREATE)
        vane_vcan_fail(job, VANE_WIRE_UNSUPPORTED,
                       "this kernel has no %s interfaces: install its module %s (modprobe %s)",
                       kind, kind, kind);
    else
        fail_kernel(job, error, text);
}

/* ---- may it be? ---- */

static const char *action_of(uint8_t operation)
{
    switch (operation) {
    case VANE_WIRE_CREATE:
        return "vcan.create";
    case VANE_WIRE_DELETE:
        return "vcan.delete";
    case VANE_WIRE_GET:
    case VANE_WIRE_LIST:
        return "vcan.read";
    default:
        return "vcan.change";
    }
}

static bool reads(uint8_t operation)
{
    return operation == VANE_WIRE_GET || operation == VANE_WIRE_LIST;
}

static bool passes_gate(struct vane_vcan_job *job, struct vane_verdict *verdict)
{
    const struct vane_wire_request *request = &job->request;
    const struct vane_field fields[] = {
        vane_int64("uid", job->person.uid),
        vane_int64("gid", job->person.gid),
        vane_int64("pid", job->client ? job->client->pid : -1),
        vane_string("program", job->client ? vane_vcan_client_program(job->client) : "netvane"),
        vane_string("operation", vane_wire_operation_name(request->operation)),
        vane_string("interface_name", request->name),
        vane_string("kind", vane_vcan_wanted_kind(job)),
        vane_string("peer_name", request->peer),
        vane_bool("own_namespace", !job->place),
    };
    const struct vane_fields facts = VANE_FIELDS(fields);
    const struct vane_gate_request question = {
        .size = sizeof(question),
        .origin = job->command && job->person.uid < 0 ? VANE_ORIGIN_REMOTE : VANE_ORIGIN_LOCAL,
        .access = reads(request->operation) ? VANE_ACCESS_READ : VANE_ACCESS_CHANGE,
        .action = action_of(request->operation),
        .facts = &facts,
    };

    return job->vcan->host->gate->check(job->vcan->self, &question, verdict) == 1;
}

/* Whether the rules let the asker have these names; who may delete is told by what is there. */
static const char *forbidden_name(const struct vane_vcan_job *job)
{
    const struct vane_wire_request *request = &job->request;
    const GArray *rules = job->vcan->options.rules;
    bool create = request->operation == VANE_WIRE_CREATE;

    if (job->command || reads(request->operation) || request->operation == VANE_WIRE_DELETE ||
        request->operation == VANE_WIRE_RENEW)
        return NULL;
    if (!vane_can_rules_allow(rules, &job->person, create, request->name))
        return request->name;
    if (request->peer[0] && !vane_can_rules_allow(rules, &job->person, create, request->peer))
        return request->peer;
    return NULL;
}

static void fail_name(struct vane_vcan_job *job, const char *name)
{
    struct vane_vcan_seen seen = {0};

    if (!job->place)
        vane_vcan_see(job->vcan, name, &seen);
    if (seen.exists && !seen.is_can)
        vane_vcan_fail(job, VANE_WIRE_NOT_CAN, "%s is not a CAN interface", name);
    else
        vane_vcan_fail(job, VANE_WIRE_NOT_PERMITTED,
                       "%s is not among the names that user %d may %s", name, (int)job->person.uid,
                       job->request.operation == VANE_WIRE_CREATE ? "create" : "change");
}

/* False: the job has ended. */
static bool is_permitted(struct vane_vcan_job *job)
{
    struct vane_verdict verdict = {.size = sizeof(verdict)};
    const char *name = forbidden_name(job);

    if (name) {
        fail_name(job, name);
        return false;
    }
    if (passes_gate(job, &verdict))
        return true;
    vane_vcan_fail(job, VANE_WIRE_NOT_PERMITTED, "a policy forbids it: %s",
                   verdict.reason[0] ? verdict.reason : verdict.rule);
    return false;
}

/* ---- where ---- */

/* False: the job has ended. */
static bool enter_namespace(struct vane_vcan_job *job)
{
    struct vane_vcan_client *client = job->client;

    if (!client || (client->netns_fd < 0 && !client->netns_unknown))
        return true;
    if (client->netns_unknown) {
        vane_vcan_fail(job, VANE_WIRE_UNSUPPORTED,
                       "the daemon cannot tell in which network namespace you are: it needs "
                       "CAP_NET_ADMIN (start it as root or by its unit)");
        return false;
    }
    if (!job->vcan->options.namespaces) {
        vane_vcan_fail(job, VANE_WIRE_UNSUPPORTED,
                       "you are in another network namespace, and ClientNamespaces= is off");
        return false;
    }
    if (!client->place)
        client->place = vane_vcan_place_new(client->netns_fd);
    if (!client->place) {
        fail_kernel(job, -errno, "the daemon cannot hold your network namespace");
        return false;
    }
    job->place = g_rc_box_acquire(client->place);
    return true;
}

/* ---- who does it ---- */

static void act(struct vane_vcan_job *job)
{
    const struct vane_vcan_seen *seen = &job->seen;
    const char *name = job->request.name;

    if (seen->exists && !seen->is_can) {
        vane_vcan_fail(job, VANE_WIRE_NOT_CAN, "%s is not a CAN interface", name);
        return;
    }
    if (!seen->exists && job->request.operation != VANE_WIRE_CREATE) {
        vane_vcan_fail(job, VANE_WIRE_NOT_FOUND, "there is no interface %s", name);
        return;
    }
    switch (job->request.operation) {
    case VANE_WIRE_CREATE:
        vane_vcan_create(job);
        return;
    case VANE_WIRE_UP:
    case VANE_WIRE_DOWN:
        vane_vcan_raise(job, job->request.operation == VANE_WIRE_UP);
        return;
    case VANE_WIRE_DELETE:
        vane_vcan_delete(job);
        return;
    case VANE_WIRE_CONFIGURE:
        vane_vcan_configure(job);
        return;
    default:
        vane_vcan_renew(job);
        return;
    }
}

static void fail_malformed(struct vane_vcan_job *job)
{
    const struct vane_wire_request *request = &job->request;

    if (request->code == VANE_WIRE_BAD_OPERATION)
        vane_vcan_fail(job, request->code, "%u %s", request->operation, request->complaint);
    else if (request->code == VANE_WIRE_BAD_NAME)
        vane_vcan_fail(job, request->code, "the name %s", request->complaint);
    else if (request->detail)
        vane_vcan_fail(job, request->code, "attribute %u %s", request->detail, request->complaint);
    else
        vane_vcan_fail(job, request->code, "the request %s", request->complaint);
}

void vane_vcan_run(struct vane_vcan_job *job)
{
    uint8_t operation = job->request.operation;

    if (job->vcan->stopping)
        vane_vcan_fail(job, VANE_WIRE_STOPPING, "the daemon is stopping; ask again soon");
    else if (job->request.code != VANE_WIRE_OK)
        fail_malformed(job);
    else if (operation == VANE_WIRE_HELLO)
        vane_vcan_done(job);
    else if (job->vcan->unsupported)
        vane_vcan_fail(job, VANE_WIRE_UNSUPPORTED, "not supported here: %s",
                       job->vcan->unsupported);
    else if (enter_namespace(job) && is_permitted(job)) {
        if (reads(operation))
            vane_vcan_inspect(job);
        else
            vane_vcan_look(job, act);
    }
}
