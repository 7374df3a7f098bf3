/* How much is written at once. */
#ifndef NETVANE_JOURNAL_JOBS_H
#define NETVANE_JOURNAL_JOBS_H

#define VANE_BATCH_EVENTS 1000u
#define VANE_BATCH_BYTES  (1u << 20)

#endif
