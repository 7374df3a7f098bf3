/* Words behind a command of the client's own. See words.h. */
#include "cli/words.h"

#include <stddef.h>
#include <string.h>

const char *vane_cli_value_of(const char *option, char *const **word)
{
    size_t length = strlen(option);

    if (strncmp(**word, option, length) != 0)
        return NULL;
    if ((**word)[length] == '=')
        return **word + length + 1;
    if ((**word)[length] || !(*word)[1])
        return NULL;
    return *++*word;
}
