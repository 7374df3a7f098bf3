/*
 * fork(): the child must neither write between the parent's requests, nor hold the parent's leases
 * by a copy of its connection, nor find a lock that no thread of its own will open.
 */
#include <errno.h>

#include "client/can.h"

static pthread_mutex_t handles_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vane_can *handles;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int installed;

static void lock_handles(void)
{
    pthread_mutex_lock(&handles_lock);
}

static void unlock_handles(void)
{
    pthread_mutex_unlock(&handles_lock);
}

/* In the child, whose only thread this is. */
static void disown_handles(void)
{
    for (struct vane_can *can = handles; can; can = can->next) {
        if (pthread_mutex_trylock(&can->lock) == 0)
            vane_canlib_lease_clear(can);
        can->leases = NULL; /* another thread was at them: a few bytes are better lost */
        (void)pthread_mutex_init(&can->lock, NULL);
        vane_canlib_hang_up(can);
        can->lost[0] = '\0';
    }
    unlock_handles();
}

static void install(void)
{
    installed = -pthread_atfork(lock_handles, unlock_handles, disown_handles);
}

int vane_canlib_register(struct vane_can *can)
{
    (void)pthread_once(&once, install);
    if (installed < 0)
        return installed;
    lock_handles();
    can->next = handles;
    handles = can;
    unlock_handles();
    return 0;
}

void vane_canlib_unregister(struct vane_can *can)
{
    struct vane_can **at = &handles;

    lock_handles();
    while (*at && *at != can)
        at = &(*at)->next;
    if (*at)
        *at = can->next;
    unlock_handles();
}
