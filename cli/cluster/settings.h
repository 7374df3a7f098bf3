/*
 * How the operator connects to NATS: what was said on the command line, a context of the `nats`
 * program (NATS ADR-21) included, else NATS_URL, else the context that the user has selected there,
 * else a server on this machine.
 */
#ifndef NETVANE_CLI_CLUSTER_SETTINGS_H
#define NETVANE_CLI_CLUSTER_SETTINGS_H

#include <stdbool.h>

#define VANE_NATS_URL_DEFAULT "nats://127.0.0.1:4222"

struct vane_settings {
    char *servers; /* URLs with commas */
    char *credentials_file, *nkey_file;
    char *token, *user, *password;
    char *ca_file, *certificate_file, *key_file;
    char *inbox_prefix;
    char *context; /* the name of one to be used */
};

void vane_settings_clear(struct vane_settings *settings);

/* The members of a context file, `~/` standing for `home`; members that mean nothing here are
 * passed over. -EINVAL with one sentence in `why` that begins with `path`, to be freed. */
int vane_settings_parse_context(const char *path, const char *text, const char *home,
                                struct vane_settings *settings, char **why);

/* What `settings` leaves open is taken from `more`, but nobody's name goes with another's key. */
void vane_settings_complete(struct vane_settings *settings, struct vane_settings *more);

/* Completes what the command line said from environment and files. Negative errno with `why`. */
int vane_settings_load(struct vane_settings *settings, char **why);

#endif
