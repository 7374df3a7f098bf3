/* netvane policy check and test: documents, read and tried here, without a daemon. */
#ifndef NETVANE_CLI_POLICY_DOCUMENT_H
#define NETVANE_CLI_POLICY_DOCUMENT_H

#include "cli/cli.h"

/* Whether the words are "policy check" or "policy test". */
bool vane_cli_is_policy_document(char *const *words);

/* Runs it, from "check" or "test" on; an exit status. What is to be shown is in `answer`, as the
 * daemon would give it, to be freed; or NULL. */
int vane_cli_policy_document(struct vane_cli *cli, char *const *words, char **answer);

#endif
