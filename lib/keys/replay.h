/*
 * Which signed messages were seen already: one is taken once, and only within a span of its time
 * on either side. Bounded, in all and for each key, so that no key takes the room of the others;
 * when it is full, more is refused rather than forgotten.
 */
#ifndef NETVANE_LIB_KEYS_REPLAY_H
#define NETVANE_LIB_KEYS_REPLAY_H

#include <stdint.h>

struct vane_replay;

/* Remembers `most` messages, `share` of them of one key. What was signed up to `since_ms` may have
 * been seen before there was this table. */
struct vane_replay *vane_replay_new(int64_t window_ms, int64_t since_ms, unsigned most,
                                    unsigned share);
void vane_replay_free(struct vane_replay *replay);

/*
 * 0: not seen before, and remembered now. -ETIME: signed too long ago, or in the future (are the
 * clocks right?); -ESTALE: signed before the table's beginning; -EALREADY: seen; -ENOBUFS: too many
 * within the window, of this key or of all.
 */
int vane_replay_admit(struct vane_replay *replay, const char *key, const char *nonce,
                      int64_t signed_ms, int64_t now_ms);

#endif
