/* Words behind a command of the client's own. */
#ifndef NETVANE_CLI_WORDS_H
#define NETVANE_CLI_WORDS_H

/* The value of "--since 1h" or "--since=1h", of which `*word` then is the last word; NULL: it is
 * another option, or has no value. */
const char *vane_cli_value_of(const char *option, char *const **word);

#endif
