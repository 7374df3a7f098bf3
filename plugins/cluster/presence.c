/*
 * We say who we are, at the beginning, now and then, and at the end; and hear the others. Each
 * announcement is signed, as anybody whom the server lets publish could speak for another. See
 * presence.h.
 */
#include "plugins/cluster/presence.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "plugins/cluster/request.h"

/* As for requests: how far clocks may differ. */
#define WINDOW_MS 30000
/* A question is answered within this time, not by all at once, nor more often. */
#define ANSWER_MS 1000u

struct vane_presences {
    struct vane_cluster *cluster;
    struct vane_presence own;
    struct vane_roster roster;
    struct vane_timer *announce, *check;
    uint64_t listens_ns;  /* since this loop time all announcements are heard */
    int64_t announced_ms; /* the time of the last announcement: each is later than the one before */
    bool answering;       /* the next announcement is an answer, and soon */
    uint8_t secret[32];   /* nonces of our announcements are made with it, so that we know them */
};

static int64_t wall_ms(void)
{
    return g_get_real_time() / 1000;
}

static char *subject_of(const struct vane_cluster *cluster, const char *last)
{
    return g_strdup_printf("netvane.%s.%s", cluster->options.cluster, last);
}

/* ---- we ---- */

static void make_nonce(const struct vane_presences *presences, const char *time,
                       char nonce[VANE_NONCE_LENGTH + 1])
{
    uint8_t bytes[VANE_NONCE_LENGTH / 2];

    (void)crypto_generichash(bytes, sizeof(bytes), (const uint8_t *)time, strlen(time),
                             presences->secret, sizeof(presences->secret));
    (void)sodium_bin2hex(nonce, VANE_NONCE_LENGTH + 1, bytes, sizeof(bytes));
}

static int publish(struct vane_presences *presences, const char *body, size_t length)
{
    struct vane_cluster *cluster = presences->cluster;
    g_autofree char *last = g_strconcat("presence.", cluster->key.nkey, NULL);
    g_autofree char *subject = subject_of(cluster, last);
    char time[24], nonce[VANE_NONCE_LENGTH + 1], signature[VANE_SIGNATURE_TEXT_LENGTH + 1];
    const struct vane_signed_parts parts = {
        .subject = subject, .time = time, .nonce = nonce, .body = body, .body_length = length};
    const struct vane_nats_header headers[] = {
        {VANE_SIGNED_KEY, cluster->key.nkey},
        {VANE_SIGNED_TIME, time},
        {VANE_SIGNED_NONCE, nonce},
        {VANE_SIGNED_SIGNATURE, signature},
        {NULL, NULL},
    };
    const struct vane_nats_outgoing message = {
        .subject = subject, .headers = headers, .body = body, .length = length};
    int r;

    presences->announced_ms = MAX(wall_ms(), presences->announced_ms + 1);
    g_snprintf(time, sizeof(time), "%" PRId64, presences->announced_ms);
    make_nonce(presences, time, nonce);
    r = vane_key_sign(cluster, VANE_SIGNED_PRESENCE, &parts, signature);
    return r < 0 ? r : vane_nats_publish(cluster->nats, &message);
}

static void announce(struct vane_presences *presences)
{
    size_t length;
    g_autofree char *body = vane_presence_format(&presences->own, &length);

    if (presences->cluster->link.connected)
        (void)publish(presences, body, length);
}

static void arm(struct vane_presences *presences, uint64_t delay_ms);

static void on_announce(void *user)
{
    struct vane_presences *presences = user;

    presences->announce = NULL;
    presences->answering = false;
    announce(presences);
    arm(presences, presences->own.interval_ms);
}

/* Between nine and eleven tenths of it, so that machines do not fall into step. */
static void arm(struct vane_presences *presences, uint64_t delay_ms)
{
    const struct vane_cluster *cluster = presences->cluster;
    uint64_t jittered = delay_ms - delay_ms / 10 + randombytes_uniform((uint32_t)delay_ms / 5 + 1);

    if (presences->announce)
        (void)cluster->host->loop->timer_stop(cluster->self, presences->announce);
    (void)cluster->host->loop->timer_start(cluster->self, jittered, 0, on_announce, presences,
                                           &presences->announce);
}

static struct vane_membership *find_own(struct vane_presences *presences, uint16_t network)
{
    const GArray *networks = presences->own.networks;

    for (guint i = 0; i < networks->len; i++)
        if (g_array_index(networks, struct vane_membership, i).network == network)
            return &g_array_index(networks, struct vane_membership, i);
    return NULL;
}

int vane_presence_set_tags(struct vane_cluster *cluster, uint16_t network, const char *const *tags,
                           uint32_t count)
{
    struct vane_presences *presences = cluster->presences;
    struct vane_membership *own = presences ? find_own(presences, network) : NULL;
    g_auto(GStrv) before = NULL;

    if (!own)
        return -ENOENT;
    before = g_steal_pointer(&own->tags);
    own->tags = g_new0(char *, count + 1);
    for (uint32_t i = 0; i < count; i++)
        own->tags[i] = g_strdup(tags[i]);
    if (!vane_presence_fits(&presences->own)) {
        g_strfreev(own->tags);
        own->tags = g_steal_pointer(&before);
        return -EINVAL;
    }
    announce(presences);
    if (cluster->tags_unkept ||
        !g_strv_equal((const char *const *)before, (const char *const *)own->tags))
        vane_tags_keep(cluster, &presences->own);
    return 0;
}

const GArray *vane_presence_networks(const struct vane_cluster *cluster)
{
    return cluster->presences ? cluster->presences->own.networks : NULL;
}

/* ---- the others ---- */

static int verify(struct vane_cluster *cluster, const struct vane_nats_message *message,
                  const char **nkey, int64_t *signed_ms)
{
    const struct vane_signed_parts parts = {
        .subject = message->subject,
        .time = vane_nats_header(cluster->nats, message, VANE_SIGNED_TIME),
        .nonce = vane_nats_header(cluster->nats, message, VANE_SIGNED_NONCE),
        .body = message->body,
        .body_length = message->length,
    };
    const char *last = strrchr(message->subject, '.');
    int r;

    *nkey = vane_nats_header(cluster->nats, message, VANE_SIGNED_KEY);
    if (!*nkey || !last || strcmp(last + 1, *nkey) != 0)
        return -EINVAL;
    r = vane_signed_verify(VANE_SIGNED_PRESENCE, &parts, *nkey,
                           vane_nats_header(cluster->nats, message, VANE_SIGNED_SIGNATURE));
    if (r < 0)
        return r;
    (void)vane_signed_time(parts.time, signed_ms);
    return ABS(*signed_ms - wall_ms()) > WINDOW_MS ? -ETIME : 0;
}

/* Our own come back to us. What the life before has said does not count. */
static bool is_of_twin(const struct vane_presences *presences,
                       const struct vane_nats_message *message, const char *nkey, int64_t signed_ms)
{
    const struct vane_cluster *cluster = presences->cluster;
    char nonce[VANE_NONCE_LENGTH + 1];

    if (strcmp(nkey, cluster->key.nkey) != 0 || signed_ms <= cluster->started_ns / 1000000)
        return false;
    make_nonce(presences, vane_nats_header(cluster->nats, message, VANE_SIGNED_TIME), nonce);
    return strcmp(nonce, vane_nats_header(cluster->nats, message, VANE_SIGNED_NONCE)) != 0;
}

static void take(struct vane_presences *presences, const struct vane_nats_message *message,
                 const char *nkey, int64_t signed_ms, struct vane_presence *presence)
{
    int64_t now_ms = wall_ms();

    if (is_of_twin(presences, message, nkey, signed_ms)) {
        vane_troubles_twin(presences->cluster, presence, now_ms);
        vane_presence_clear(presence);
        return;
    }
    vane_troubles_in_time(presences->cluster, nkey);
    (void)vane_roster_hear(&presences->roster, nkey, presence, signed_ms, now_ms);
}

static void on_presence(void *user, const struct vane_nats_message *message)
{
    struct vane_presences *presences = user;
    struct vane_presence presence;
    const char *nkey;
    int64_t signed_ms = 0;
    int r = message->length > VANE_PRESENCE_MAX
                ? -EFBIG
                : verify(presences->cluster, message, &nkey, &signed_ms);

    if ((r < 0 && r != -ETIME) ||
        vane_presence_parse(message->body, message->length, &presence) < 0) {
        presences->cluster->counters.unverified++;
        return;
    }
    if (r == 0) {
        take(presences, message, nkey, signed_ms, &presence);
        return;
    }
    presences->cluster->counters.unverified++;
    vane_troubles_apart(presences->cluster, nkey, presence.name, signed_ms - wall_ms(), wall_ms());
    vane_presence_clear(&presence);
}

static void on_who(void *user, const struct vane_nats_message *message)
{
    struct vane_presences *presences = user;

    if (presences->answering)
        return;
    presences->answering = true;
    arm(presences, randombytes_uniform(ANSWER_MS) + 1);
}

static void on_check(void *user)
{
    struct vane_presences *presences = user;

    if (!presences->cluster->link.connected)
        return;
    vane_roster_check(&presences->roster, wall_ms());
    vane_troubles_check(presences->cluster, wall_ms());
}

/* ---- life ---- */

static void describe(struct vane_presences *presences)
{
    const struct vane_cluster *cluster = presences->cluster;
    struct vane_presence *own = &presences->own;

    own->name = g_strdup(cluster->options.node_name);
    own->version = g_strdup(cluster->host->identity->host_version());
    own->tags = g_strdupv(cluster->options.tags);
    own->interval_ms = cluster->options.presence_interval_ms;
    own->networks = g_array_new(FALSE, FALSE, sizeof(struct vane_membership));
    for (char **at = cluster->options.networks; *at; at++) {
        struct vane_membership membership = {.network = (uint16_t)g_ascii_strtoull(*at, NULL, 10),
                                             .tags = g_new0(char *, 1)};

        g_array_append_val(own->networks, membership);
    }
    vane_tags_load(presences->cluster, own);
}

void vane_presence_start(struct vane_cluster *cluster)
{
    struct vane_presences *presences = g_new0(struct vane_presences, 1);
    g_autofree char *all = subject_of(cluster, "presence.*");
    g_autofree char *who = subject_of(cluster, "who");
    uint64_t often = MAX(cluster->options.presence_interval_ms / 2, 10);

    cluster->presences = presences;
    presences->cluster = cluster;
    presences->roster = vane_presence_teller(cluster);
    vane_roster_init(&presences->roster);
    randombytes_buf(presences->secret, sizeof(presences->secret));
    describe(presences);
    vane_nats_subscribe(cluster->nats, all, NULL, on_presence, presences);
    vane_nats_subscribe(cluster->nats, who, NULL, on_who, presences);
    (void)cluster->host->loop->timer_start(cluster->self, often, often, on_check, presences,
                                           &presences->check);
}

void vane_presence_connected(struct vane_cluster *cluster)
{
    struct vane_presences *presences = cluster->presences;
    g_autofree char *who = subject_of(cluster, "who");
    const struct vane_nats_outgoing question = {.subject = who};

    if (!presences)
        return;
    vane_roster_listen_anew(&presences->roster, wall_ms());
    (void)cluster->host->loop->now(&presences->listens_ns);
    announce(presences);
    (void)vane_nats_publish(cluster->nats, &question);
}

void vane_presence_stop(struct vane_cluster *cluster)
{
    struct vane_presences *presences = cluster->presences;

    if (!presences)
        return;
    if (presences->announce)
        (void)cluster->host->loop->timer_stop(cluster->self, presences->announce);
    if (presences->check)
        (void)cluster->host->loop->timer_stop(cluster->self, presences->check);
    presences->announce = presences->check = NULL;
    presences->answering = true; /* no more */
    presences->roster.joined = presences->roster.left = presences->roster.changed = NULL;
    presences->own.leaving = true;
    announce(presences);
}

void vane_presence_release(struct vane_cluster *cluster)
{
    struct vane_presences *presences = g_steal_pointer(&cluster->presences);

    if (!presences)
        return;
    vane_roster_clear(&presences->roster);
    vane_presence_clear(&presences->own);
    vane_troubles_clear(&cluster->troubles);
    g_free(presences);
}

const struct vane_roster *vane_presence_roster(const struct vane_cluster *cluster)
{
    return cluster->presences ? &cluster->presences->roster : NULL;
}

uint64_t vane_presence_listening_ms(const struct vane_cluster *cluster)
{
    const struct vane_presences *presences = cluster->presences;
    uint64_t now = 0;

    if (!presences || !cluster->link.connected)
        return 0;
    (void)cluster->host->loop->now(&now);
    return (now - presences->listens_ns) / 1000000;
}
