/* systemd-networkd: its coming and going, and the scan of its states. See networkd.h. */
#include "engine/links/networkd.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/links/describe.h"
#include "engine/links/networkd-internal.h"
#include "engine/log.h"
#include "lib/array.h"

#define START_MS          2000
#define GRACE_MS          3000
#define SETTLE_MS         5000
#define RESCAN_TIMEOUT_US (10 * G_USEC_PER_SEC)

static void tell_ready(struct vane_networkd *self)
{
    if (self->told_ready)
        return;
    self->told_ready = true;
    uv_timer_stop(&self->deadline);
    self->callbacks.ready(self->callbacks.user);
}

/* A restarted networkd goes through these again for a link that is configured all the while. */
static bool is_transitional(const char *administrative)
{
    static const char *const words[] = {"pending", "initialized", "configuring"};

    for (size_t i = 0; i < ELEMENTS(words); i++)
        if (strcmp(administrative, words[i]) == 0)
            return true;
    return false;
}

static bool holds_back(struct vane_networkd *self,
                       const struct vane_networkd_description *description)
{
    const struct vane_link_states *states =
        vane_link_store_networkd_states(self->store, description->index);

    return self->returning && states && !is_transitional(states->administrative) &&
           is_transitional(description->administrative);
}

static void take_link(struct vane_networkd *self, struct vane_json_view link)
{
    struct vane_networkd_description description;
    struct vane_networkd_word word = {0};

    if (vane_describe_link(link, &description) < 0)
        return;
    word.facts = description.facts;
    if (description.operational[0])
        word.operational = description.operational;
    if (description.administrative[0] && !holds_back(self, &description))
        word.administrative = description.administrative;
    if (vane_link_store_has(self->store, description.index))
        vane_link_store_set_states(self->store, description.index, &word);
    vane_networkd_facts_unref(description.facts);
}

static int take_links(struct vane_networkd *self, const char *text)
{
    struct vane_json_view root, links, link;
    struct vane_json_cursor cursor;
    int r = vane_describe_open(text, strlen(text), &root);

    if (r < 0)
        return r;
    vane_json_find(root, "Interfaces", &links);
    for (cursor = vane_json_walk(links); vane_json_next_element(&cursor, &link);)
        take_link(self, link);
    return 0;
}

static int on_scanned(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct vane_networkd *self = user;
    const char *text;

    self->rescan = sd_bus_slot_unref(self->rescan);
    self->callbacks.drain(self->callbacks.user);
    /* What was signalled before this answer is older than it. */
    vane_networkd_flush(self);
    if (sd_bus_message_is_method_error(message, NULL))
        vane_notice("links", "systemd-networkd did not describe its links: %s",
                    sd_bus_message_get_error(message)->message);
    else if (sd_bus_message_read(message, "s", &text) < 0 || take_links(self, text) < 0)
        vane_notice("links", "systemd-networkd's description of its links is malformed");
    tell_ready(self);
    return 0;
}

static void lose_owner(struct vane_networkd *self);

/* A bus may be shared with a host whose networkd has other links with the same indexes. */
static int on_namespace(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct vane_networkd *self = user;
    struct stat ours;
    uint64_t theirs;

    self->namespace = sd_bus_slot_unref(self->namespace);
    if (sd_bus_message_is_method_error(message, NULL) ||
        sd_bus_message_read(message, "v", "t", &theirs) < 0 || theirs == 0 ||
        stat("/proc/self/ns/net", &ours) < 0 || ours.st_ino == theirs)
        return 0;
    vane_notice("links", "systemd-networkd on this bus is of another network namespace; states "
                         "come from the kernel");
    lose_owner(self);
    uv_timer_stop(&self->grace);
    vane_link_store_drop_networkd(self->store);
    tell_ready(self);
    return 0;
}

/* Answered before the scan that is asked for after it. */
static int ask_namespace(struct vane_networkd *self)
{
    sd_bus_message *message = NULL;
    int r = sd_bus_message_new_method_call(self->bus, &message, NETWORKD_NAME, NETWORKD_PATH,
                                           BUS_PROPERTIES, "Get");

    if (r >= 0)
        r = sd_bus_message_append(message, "ss", NETWORKD_MANAGER, "NamespaceId");
    if (r >= 0)
        r = sd_bus_message_set_auto_start(message, 0);
    self->namespace = sd_bus_slot_unref(self->namespace);
    if (r >= 0)
        r = sd_bus_call_async(self->bus, &self->namespace, message, on_namespace, self, 0);
    sd_bus_message_unref(message);
    return r;
}

static void scan(struct vane_networkd *self)
{
    sd_bus_message *message = NULL;
    int r = sd_bus_message_new_method_call(self->bus, &message, NETWORKD_NAME, NETWORKD_PATH,
                                           NETWORKD_MANAGER, "Describe");

    self->rescan = sd_bus_slot_unref(self->rescan);
    if (r >= 0)
        r = sd_bus_message_set_auto_start(message, 0);
    if (r >= 0)
        r = sd_bus_call_async(self->bus, &self->rescan, message, on_scanned, self,
                              RESCAN_TIMEOUT_US);
    sd_bus_message_unref(message);
    if (r < 0)
        tell_ready(self);
}

/* By now what networkd says of its links is no echo of its restart. */
static void on_settled(uv_timer_t *timer)
{
    struct vane_networkd *self = timer->data;

    self->returning = false;
    if (self->owner)
        scan(self);
}

static void on_grace_over(uv_timer_t *timer)
{
    struct vane_networkd *self = timer->data;

    vane_info("links", "systemd-networkd is gone; states come from the kernel");
    vane_link_store_drop_networkd(self->store);
}

static void lose_owner(struct vane_networkd *self)
{
    if (!self->owner)
        return;
    vane_networkd_flush(self);
    self->rescan = sd_bus_slot_unref(self->rescan);
    self->namespace = sd_bus_slot_unref(self->namespace);
    uv_timer_stop(&self->settle);
    uv_timer_start(&self->grace, on_grace_over, GRACE_MS, 0);
    g_clear_pointer(&self->owner, g_free);
}

void vane_networkd_set_owner(struct vane_networkd *self, const char *owner)
{
    bool back = uv_is_active((uv_handle_t *)&self->grace);

    if (g_strcmp0(owner, self->owner) == 0) {
        if (!owner)
            tell_ready(self);
        return;
    }
    lose_owner(self);
    if (!owner) {
        tell_ready(self);
        return;
    }
    back = back || uv_is_active((uv_handle_t *)&self->grace);
    uv_timer_stop(&self->grace);
    self->owner = g_strdup(owner);
    self->returning = back;
    if (back)
        uv_timer_start(&self->settle, on_settled, SETTLE_MS, 0);
    vane_debug("links", "systemd-networkd is %s", owner);
    vane_link_store_set_networkd_present(self->store, true);
    if (ask_namespace(self) < 0)
        vane_debug("links", "network namespace of systemd-networkd not asked for");
    scan(self);
}

static void connect_or_retry(struct vane_networkd *self)
{
    int r = vane_networkd_connect(self);

    if (r == 0) {
        vane_bus_retry_connected(self->retry);
        return;
    }
    if (!self->missed)
        vane_info("links", "no system bus (%s); states come from the kernel", strerror(-r));
    self->missed = true;
    vane_bus_retry_later(self->retry);
    tell_ready(self);
}

static void on_retry(void *user)
{
    connect_or_retry(user);
}

void vane_networkd_gone(struct vane_networkd *self, int error)
{
    vane_notice("links", "connection to the system bus ended: %s", strerror(-error));
    lose_owner(self);
    vane_networkd_disconnect(self);
    tell_ready(self);
    vane_bus_retry_later(self->retry);
}

static void on_deadline(uv_timer_t *timer)
{
    struct vane_networkd *self = timer->data;

    vane_notice("links", "systemd-networkd has not answered within %d ms; going on without",
                START_MS);
    tell_ready(self);
}

int vane_networkd_start(uv_loop_t *loop, struct vane_link_store *store, const char *address,
                        const struct vane_networkd_callbacks *callbacks, struct vane_networkd **out)
{
    struct vane_networkd *self = g_new0(struct vane_networkd, 1);
    uv_timer_t *timers[] = {&self->grace, &self->settle, &self->deadline};

    self->loop = loop;
    self->store = store;
    self->address = g_strdup(address);
    self->callbacks = *callbacks;
    self->pending = vane_networkd_pending_new();
    self->retry = vane_bus_retry_new(loop, on_retry, self);
    for (size_t i = 0; i < ELEMENTS(timers); i++) {
        uv_timer_init(loop, timers[i]);
        timers[i]->data = self;
        self->open_handles++;
    }
    *out = self;
    uv_timer_start(&self->deadline, on_deadline, START_MS, 0);
    connect_or_retry(self);
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct vane_networkd *self = handle->data;

    if (--self->open_handles == 0)
        g_free(self);
}

void vane_networkd_stop(struct vane_networkd *self)
{
    if (!self || self->stopped)
        return;
    self->stopped = true;
    g_clear_pointer(&self->pending, g_hash_table_unref);
    vane_networkd_disconnect(self);
    g_clear_pointer(&self->owner, g_free);
    g_clear_pointer(&self->address, g_free);
    vane_bus_retry_free(g_steal_pointer(&self->retry));
    uv_close((uv_handle_t *)&self->grace, on_closed);
    uv_close((uv_handle_t *)&self->settle, on_closed);
    uv_close((uv_handle_t *)&self->deadline, on_closed);
}
