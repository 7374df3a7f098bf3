/* Decides: one action is denied, all others are left as they are. */
#include <stdio.h>
#include <string.h>

#include "plugin.h"

static int decide(void *user, const char *asker, const struct vane_gate_request *request,
                  struct vane_verdict *verdict)
{
    if (strcmp(request->action, "test.forbidden") != 0)
        return 0;
    verdict->allowed = 0;
    snprintf(verdict->rule, sizeof(verdict->rule), "no-test");
    snprintf(verdict->reason, sizeof(verdict->reason), "%s may not", asker);
    return 0;
}

static int ask(struct vane_self *self, const struct vane_host *host, const char *action,
               uint32_t origin)
{
    struct vane_verdict verdict = {.size = sizeof(verdict)};
    struct vane_gate_request request = {
        .size = sizeof(request), .origin = origin, .access = VANE_ACCESS_CHANGE, .action = action};
    int r = host->gate->check(self, &request, &verdict);

    return SAY("%s %s: %d by %s, %s", origin ? "remote" : "local", action, r, verdict.rule,
               verdict.reason);
}

static int init(struct vane_self *self, const struct vane_host *host)
{
    int r = ask(self, host, "test.forbidden", VANE_ORIGIN_LOCAL);

    if (r == 0)
        r = host->gate->keep(self, decide, NULL);
    if (r == 0)
        r = ask(self, host, "test.forbidden", VANE_ORIGIN_LOCAL);
    if (r == 0)
        r = ask(self, host, "test.other", VANE_ORIGIN_LOCAL);
    if (r == 0)
        r = ask(self, host, "test.other", VANE_ORIGIN_REMOTE);
    return r;
}

TEST_PLUGIN(.init = init)
