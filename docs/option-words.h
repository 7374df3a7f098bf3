/* What an option takes, in the words of the manual. For the build's own program only. */
#ifndef NETVANE_DOCS_OPTION_WORDS_H
#define NETVANE_DOCS_OPTION_WORDS_H

#include <netvane/plugin.h>

/* "a number from 16 to 1048576". To be freed with g_free(). */
char *vane_option_value_text(const struct vane_option *option);

/* Text for scdoc(5), with what it would take for mark-up escaped. To be freed with g_free(). */
char *vane_escaped(const char *text);

#endif
