/*
 * The arguments of a method as a person types them, made the JSON array that goes over NATS. Two
 * notations, which cannot be mistaken for each other, as no JSON value is a signature:
 *
 *     "nginx.service" "replace"          each word a JSON value
 *     ss nginx.service replace           that of busctl(1): a signature, then a word each; an
 *                                        array's after its length, a variant's after its signature
 *
 * Pure functions.
 */
#ifndef NETVANE_CLI_CLUSTER_ARGUMENTS_H
#define NETVANE_CLI_CLUSTER_ARGUMENTS_H

/* To be freed; NULL with one sentence in `why`, to be freed. */
char *vane_arguments_json(char *const *words, char **why);

#endif
