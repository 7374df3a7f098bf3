/*
 * The members of a network, as this machine has decided: who of those that announce the network was
 * let in, who waits for a place, who was refused or evicted. Pure of clock, network and disk: times
 * are those that it is told, nanoseconds since 1970.
 */
#ifndef NETVANE_LIB_POLICY_MEMBERS_H
#define NETVANE_LIB_POLICY_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#include "lib/keys/nkey.h"

#define VANE_POLICY_MEMBERS_MAX      4096u /* machines that are known of one network */
#define VANE_POLICY_REASON_MAX       191u  /* bytes */
#define VANE_POLICY_MEMBERS_FILE_MAX ((size_t)256 << 20)

enum vane_policy_standing {
    VANE_POLICY_NEW, /* the rules on "join" have not been asked yet */
    VANE_POLICY_MEMBER,
    VANE_POLICY_WAITING, /* pruned, or there was no place: "fill" may let it in */
    VANE_POLICY_REFUSED, /* a rule on "join" has denied it */
    VANE_POLICY_EVICTED,
};

struct vane_policy_peer {
    char nkey[VANE_NKEY_LENGTH + 1];
    uint32_t id;
    char *name;
    char **announced; /* tags that it says of itself, in this network */
    char **given;     /* those that the configuration gives it */
    GPtrArray *tags;  /* char *: those that rules gave it */
    enum vane_policy_standing standing;
    bool here;  /* it announces the network now */
    bool asked; /* the rules on "join" that are in force have had their say */
    bool seen;  /* for who looks around: in the last look */
    bool trusted;
    int64_t joined_ns; /* a member since */
    int64_t since_ns;  /* in this standing since */
    int64_t heard_ns;
    int64_t until_ns; /* evicted until; 0: until it joins anew */
    char rule[64];    /* that has led to the standing; "": none */
    char reason[VANE_POLICY_REASON_MAX + 1];
};

enum vane_policy_turn {
    VANE_POLICY_TURN_JOINED,
    VANE_POLICY_TURN_LEFT,
    VANE_POLICY_TURN_WAITING,
    VANE_POLICY_TURN_REFUSED,
    VANE_POLICY_TURN_EVICTED,
    VANE_POLICY_TURN_READMITTED, /* an eviction was taken back */
    VANE_POLICY_TURN_TRUSTED,
    VANE_POLICY_TURN_UNTRUSTED,
};

/* Why somebody's standing is to change, and when. All texts may be NULL. */
struct vane_policy_because {
    const char *rule, *action, *reason;
    int64_t now_ns;
};

struct vane_policy_members {
    GHashTable *peers; /* by NKey: struct vane_policy_peer */
    GHashTable *ids;   /* by id: struct vane_policy_peer; NULL: several have it */
    unsigned count;    /* members that are here */
    unsigned trusted;  /* of them */
    unsigned max;      /* members, at most; 0: any number */
    char local_nkey[VANE_NKEY_LENGTH + 1]; /* this machine, if it is in the network; else "" */
    uint32_t local_id;
    char **local_tags; /* there; may be NULL */
    uint64_t revision; /* grows with what is to be kept over a restart */
    void (*changed)(void *user, const struct vane_policy_peer *peer, enum vane_policy_turn turn,
                    const struct vane_policy_because *because);
    void *user;
};

/* What is heard of a machine. */
struct vane_policy_sight {
    const char *nkey, *name;
    uint32_t id;
    const char *const *tags, *const *given; /* NULL: none */
    size_t tag_count, given_count;
    int64_t heard_ns;
};

struct vane_policy_members *vane_policy_members_new(void);
/* NULL is a no-op. */
void vane_policy_members_free(struct vane_policy_members *members);

struct vane_policy_peer *vane_policy_members_find(const struct vane_policy_members *members,
                                                  const char *nkey);
/* NULL: nobody has it, or several do, as ids are short enough to be made on purpose. */
struct vane_policy_peer *vane_policy_members_find_id(const struct vane_policy_members *members,
                                                     uint32_t id);
static inline bool vane_policy_is_member(const struct vane_policy_peer *peer)
{
    return peer && peer->standing == VANE_POLICY_MEMBER && peer->here;
}

/* "member", "waiting" ... */
const char *vane_policy_standing_word(enum vane_policy_standing standing);
/* All peers, by name and NKey; the array is to be freed, the peers are borrowed. */
GPtrArray *vane_policy_members_sorted(const struct vane_policy_members *members);

/* It announces the network. NULL: too many do. */
struct vane_policy_peer *vane_policy_members_see(struct vane_policy_members *members,
                                                 const struct vane_policy_sight *sight);
/* One that is not known, as it was kept: it is not here. NULL: there are too many, or it is known.
 */
struct vane_policy_peer *vane_policy_members_add(struct vane_policy_members *members,
                                                 const char *nkey, uint32_t id);

/* The rules on "join" let it in: a member, if there is a place. Who was one, or waits, stays so. */
void vane_policy_members_admit(struct vane_policy_members *members, struct vane_policy_peer *peer,
                               const struct vane_policy_because *because);
/* There is a place for it (fill). */
void vane_policy_members_let_in(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                const struct vane_policy_because *because);
/* It is to wait (prune). */
void vane_policy_members_put_off(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                 const struct vane_policy_because *because);
void vane_policy_members_refuse(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                const struct vane_policy_because *because);
/* Until `until_ns`; 0: until it joins anew. */
void vane_policy_members_evict(struct vane_policy_members *members, struct vane_policy_peer *peer,
                               int64_t until_ns, const struct vane_policy_because *because);
/* An eviction is over: the rules on "join" are to be asked. */
void vane_policy_members_pardon(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                const struct vane_policy_because *because);
void vane_policy_members_trust(struct vane_policy_members *members, struct vane_policy_peer *peer,
                               bool trusted, const struct vane_policy_because *because);

/* It is not known for now whether it is here: no member until it is seen. */
void vane_policy_members_unhear(struct vane_policy_members *members, struct vane_policy_peer *peer);

/* It does not announce the network any more, so it is no member. True: it was one, and the rules on
 * "leave" are to be asked; vane_policy_members_forget() in any case follows. */
bool vane_policy_members_go(struct vane_policy_members *members, struct vane_policy_peer *peer);
/* Forgets one that has gone, and tells it if it `was_member`, unless it is evicted for longer. */
void vane_policy_members_forget(struct vane_policy_members *members, struct vane_policy_peer *peer,
                                bool was_member, const struct vane_policy_because *because);

/* The earliest end of an eviction of somebody who is here or not; 0: none ends by itself. */
int64_t vane_policy_members_next_end(const struct vane_policy_members *members);

/* All tags of a peer, whoever gave them: `visit` is called for each once. */
void vane_policy_peer_tags(const struct vane_policy_peer *peer, bool given_only,
                           void (*visit)(void *user, const char *tag), void *user);

/* members-file.c: what is kept, as JSON, to be freed; and out of it, for members that are empty.
 * -EINVAL: it is none, and they stay empty. */
char *vane_policy_members_format(const struct vane_policy_members *members, size_t *length);
int vane_policy_members_parse(struct vane_policy_members *members, const char *text, size_t length);

#endif
