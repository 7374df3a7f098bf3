/* Signatures of deliveries: Standard Webhooks 1.0 and the pilot format's. Pure. */
#ifndef NETVANE_WEBHOOK_SIGN_H
#define NETVANE_WEBHOOK_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

/*
 * The value of webhook-signature: one "v1,..." for each of `secrets` (struct vane_secret) and one
 * "v1a,..." for each of `keys` (struct vane_signing_key), separated by spaces. NULL arrays are
 * empty ones. What is signed is "ID.TIMESTAMP.BODY".
 */
void vane_sign_standard(const char *id, int64_t timestamp, const char *body, size_t length,
                        const GArray *secrets, const GArray *keys, GString *value);

/* The value of X-Pilot-Signature-256: "sha256=" and the HMAC of the body with the first secret. */
void vane_sign_pilot(const char *body, size_t length, const GArray *secrets, GString *value);

#endif
