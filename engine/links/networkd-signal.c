/*
 * Signals of networkd about a link. One that tells of a gain waits for a description of the link,
 * so that its event carries the DNS and domains that came with it. One that tells of a loss does
 * not: networkd first takes the link down, for many milliseconds, before it answers anybody.
 * Signals of one link keep their order. See networkd.h.
 */
#include <errno.h>
#include <string.h>

#include "engine/links/describe.h"
#include "engine/links/networkd-internal.h"
#include "engine/log.h"
#include "lib/array.h"

/* An event does not wait longer for its description. */
#define DESCRIBE_TIMEOUT_USEC 200000u

struct vane_networkd_pending {
    struct vane_networkd *networkd;
    sd_bus_slot *slot; /* NULL: nothing is waited for any more */
    uint32_t index;
    char operational[VANE_STATE_WORD]; /* empty: unchanged */
    char administrative[VANE_STATE_WORD];
    char online[VANE_STATE_WORD];
    struct vane_networkd_facts *facts;
};

static void free_pending(void *pointer)
{
    struct vane_networkd_pending *pending = pointer;

    sd_bus_slot_unref(pending->slot);
    vane_networkd_facts_unref(pending->facts);
    g_free(pending);
}

static void free_queue(void *pointer)
{
    g_queue_free_full(pointer, free_pending);
}

GHashTable *vane_networkd_pending_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, free_queue);
}

static const char *word_or_null(const char *word)
{
    return *word ? word : NULL;
}

static void apply(struct vane_networkd_pending *pending)
{
    struct vane_networkd_word word = {
        .operational = word_or_null(pending->operational),
        .administrative = word_or_null(pending->administrative),
        .online = word_or_null(pending->online),
        .facts = pending->facts,
        .signalled = true,
    };

    vane_link_store_set_states(pending->networkd->store, pending->index, &word);
}

/* Applies what is complete, in order. */
static void apply_complete(struct vane_networkd *self, uint32_t index)
{
    GQueue *queue = g_hash_table_lookup(self->pending, GUINT_TO_POINTER(index));
    struct vane_networkd_pending *pending;

    while (queue && (pending = g_queue_peek_head(queue)) && !pending->slot) {
        apply(pending);
        free_pending(g_queue_pop_head(queue));
    }
    if (queue && g_queue_is_empty(queue))
        g_hash_table_remove(self->pending, GUINT_TO_POINTER(index));
}

void vane_networkd_flush(struct vane_networkd *self)
{
    GHashTableIter iter;
    void *queue;

    g_hash_table_iter_init(&iter, self->pending);
    while (g_hash_table_iter_next(&iter, NULL, &queue)) {
        g_queue_foreach(queue, (GFunc)(void (*)(void))apply, NULL);
        g_hash_table_iter_remove(&iter);
    }
}

static void take_description(struct vane_networkd_pending *pending, sd_bus_message *message)
{
    struct vane_networkd_description description;
    struct vane_json_view root;
    const char *text;

    if (sd_bus_message_is_method_error(message, NULL) ||
        sd_bus_message_read(message, "s", &text) < 0 ||
        vane_describe_open(text, strlen(text), &root) < 0 ||
        vane_describe_link(root, &description) < 0)
        return;
    if (description.index == pending->index)
        pending->facts = vane_networkd_facts_ref(description.facts);
    vane_networkd_facts_unref(description.facts);
}

/* With an error as well: the link may be gone, or networkd too busy. */
static int on_described(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct vane_networkd_pending *pending = user;

    pending->slot = sd_bus_slot_unref(pending->slot);
    take_description(pending, message);
    pending->networkd->callbacks.drain(pending->networkd->callbacks.user);
    apply_complete(pending->networkd, pending->index);
    return 0;
}

static int describe(struct vane_networkd_pending *pending, const char *path)
{
    sd_bus *bus = pending->networkd->bus;
    sd_bus_message *message = NULL;
    int r = sd_bus_message_new_method_call(bus, &message, NETWORKD_NAME, path, NETWORKD_LINK,
                                           "Describe");

    if (r >= 0)
        r = sd_bus_message_set_auto_start(message, 0);
    if (r >= 0)
        r = sd_bus_call_async(bus, &pending->slot, message, on_described, pending,
                              DESCRIBE_TIMEOUT_USEC);
    sd_bus_message_unref(message);
    return r;
}

static int read_word(sd_bus_message *message, char out[static VANE_STATE_WORD])
{
    const char *contents, *word;
    char type;
    int r = sd_bus_message_peek_type(message, &type, &contents);

    if (r < 0 || type != SD_BUS_TYPE_VARIANT || !g_str_equal(contents, "s"))
        return r < 0 ? r : sd_bus_message_skip(message, "v");
    r = sd_bus_message_read(message, "v", "s", &word);
    if (r >= 0)
        g_strlcpy(out, word, VANE_STATE_WORD);
    return r;
}

static int read_property(sd_bus_message *message, struct vane_networkd_pending *pending)
{
    const char *name;
    int r = sd_bus_message_read(message, "s", &name);

    if (r < 0)
        return r;
    if (g_str_equal(name, "OperationalState"))
        return read_word(message, pending->operational);
    if (g_str_equal(name, "AdministrativeState"))
        return read_word(message, pending->administrative);
    if (g_str_equal(name, "OnlineState"))
        return read_word(message, pending->online);
    return sd_bus_message_skip(message, "v");
}

static int read_properties(sd_bus_message *message, struct vane_networkd_pending *pending)
{
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");

    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        r = read_property(message, pending);
        if (r >= 0)
            r = sd_bus_message_exit_container(message);
    }
    return r;
}

/* .../link/_32 is the link with index 2 (sd_bus_path_decode(3)). */
static uint32_t index_of_path(const char *path)
{
    char *decoded = NULL;
    guint64 index = 0;

    if (sd_bus_path_decode(path, NETWORKD_LINKS, &decoded) > 0)
        g_ascii_string_to_unsigned(decoded, 10, 1, INT32_MAX, &index, NULL);
    free(decoded);
    return (uint32_t)index;
}

static bool is_from_networkd(struct vane_networkd *self, sd_bus_message *message)
{
    return self->owner && g_strcmp0(sd_bus_message_get_sender(message), self->owner) == 0;
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* States that bring nothing new but themselves. Of a word that we do not know we assume it may. */
static bool needs_description(const struct vane_networkd_pending *pending)
{
    static const char *const operational[] = {"",        "missing", "off",
                                              "carrier", "dormant", "no-carrier"};
    static const char *const administrative[] = {
        "", "pending", "initialized", "configuring", "unmanaged", "linger"};

    return !is_one_of(pending->operational, operational, ELEMENTS(operational)) ||
           !is_one_of(pending->administrative, administrative, ELEMENTS(administrative));
}

static struct vane_networkd_pending *new_pending(struct vane_networkd *self, uint32_t index)
{
    struct vane_networkd_pending *pending = g_new0(struct vane_networkd_pending, 1);

    pending->networkd = self;
    pending->index = index;
    return pending;
}

static GQueue *queue_of(struct vane_networkd *self, uint32_t index)
{
    GQueue *queue = g_hash_table_lookup(self->pending, GUINT_TO_POINTER(index));

    if (!queue) {
        queue = g_queue_new();
        g_hash_table_insert(self->pending, GUINT_TO_POINTER(index), queue);
    }
    return queue;
}

/* Where the event does not wait, the description comes after it, for the next one. */
static void queue_pending(struct vane_networkd *self, struct vane_networkd_pending *pending,
                          const char *path)
{
    uint32_t index = pending->index;
    GQueue *queue = queue_of(self, index);

    g_queue_push_tail(queue, pending);
    if (vane_link_store_has(self->store, index)) {
        if (!needs_description(pending)) {
            pending = new_pending(self, index);
            g_queue_push_tail(queue, pending);
        }
        if (describe(pending, path) < 0)
            vane_debug("links", "%s: no description asked for", path);
    }
    apply_complete(self, index);
}

int vane_networkd_on_properties(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct vane_networkd *self = user;
    const char *path = sd_bus_message_get_path(message), *interface;
    struct vane_networkd_pending *pending;
    uint32_t index = path ? index_of_path(path) : 0;

    if (!is_from_networkd(self, message)) {
        vane_debug("links", "signal of %s for %s is not networkd's; ignored",
                   sd_bus_message_get_sender(message), path);
        return 0;
    }
    if (index == 0 || sd_bus_message_read(message, "s", &interface) < 0 ||
        !g_str_equal(interface, NETWORKD_LINK))
        return 0;
    /* What networkd speaks of, the kernel has told before. */
    self->callbacks.drain(self->callbacks.user);
    pending = new_pending(self, index);
    if (read_properties(message, pending) < 0) {
        free_pending(pending);
        return 0;
    }
    queue_pending(self, pending, path);
    return 0;
}
