/* The limit of file descriptors. See descriptors.h. */
#include "engine/descriptors.h"

#include <sys/resource.h>

/* It is the process that has limits, and not an engine. */
static struct rlimit original;
static bool raised;

static void set_soft(rlim_t soft)
{
    const struct rlimit limit = {.rlim_cur = soft, .rlim_max = original.rlim_max};

    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void vane_descriptors_raise(void)
{
    if (raised || getrlimit(RLIMIT_NOFILE, &original) < 0)
        return;
    raised = true;
    set_soft(original.rlim_max);
}

void vane_descriptors_for_child(bool begins)
{
    if (raised)
        set_soft(begins ? original.rlim_cur : original.rlim_max);
}
