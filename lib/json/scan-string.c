/* The scanner's strings: control characters, escapes, surrogates, UTF-8. */
#include <string.h>

#include "lib/json/escape.h"
#include "lib/json/plain.h"
#include "lib/json/scan-internal.h"
#include "lib/text/utf8.h"

/* A high surrogate was read; its low half has to follow as \uDC00 to \uDFFF. */
static int scan_low_surrogate(struct vane_json_scan *scan, const char *escape)
{
    uint32_t unit;

    if (scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u' ||
        !vane_json_hex4(scan->at + 2, scan->end, &unit) || unit < 0xdc00 || unit > 0xdfff)
        return vane_json_refuse(scan, escape, -EILSEQ, "a surrogate without its other half");
    scan->at += 6;
    return 0;
}

static int scan_unicode_escape(struct vane_json_scan *scan, const char *escape)
{
    uint32_t unit;

    if (!vane_json_hex4(scan->at, scan->end, &unit))
        return vane_json_refuse(scan, escape, -EINVAL, "\\u without four hexadecimal digits");
    scan->at += 4;
    if (!unit && !scan->nul)
        return vane_json_refuse(scan, escape, -EINVAL, "a NUL character in a string");
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return vane_json_refuse(scan, escape, -EILSEQ, "a surrogate without its other half");
    return unit >= 0xd800 && unit <= 0xdbff ? scan_low_surrogate(scan, escape) : 0;
}

/* At the backslash. */
static int scan_escape(struct vane_json_scan *scan)
{
    const char *escape = scan->at++;
    char letter;

    if (scan->at == scan->end)
        return vane_json_refuse(scan, scan->end, -EINVAL, "the text ends within a string");
    letter = *scan->at++;
    if (letter == 'u')
        return scan_unicode_escape(scan, escape);
    if (!letter || !strchr("\"\\/bfnrt", letter))
        return vane_json_refuse(scan, escape, -EINVAL, "an unknown escape in a string");
    return 0;
}

static int scan_character(struct vane_json_scan *scan)
{
    unsigned char byte = (unsigned char)*scan->at;
    uint32_t codepoint;
    int taken;

    if (byte < 0x20)
        return vane_json_refuse(scan, scan->at, -EINVAL, "a control character in a string");
    taken = vane_utf8_decode(scan->at, (size_t)(scan->end - scan->at), &codepoint);
    if (taken < 0)
        return vane_json_refuse(scan, scan->at, -EILSEQ, "bytes that are not UTF-8");
    scan->at += taken;
    return 0;
}

int vane_json_scan_string(struct vane_json_scan *scan, bool *escaped)
{
    int r = 0;

    *escaped = false;
    scan->at++;
    while (r == 0) {
        scan->at += vane_json_plain(scan->at, (size_t)(scan->end - scan->at));
        if (scan->at == scan->end)
            return vane_json_refuse(scan, scan->end, -EINVAL, "the text ends within a string");
        if (*scan->at == '"') {
            scan->at++;
            return 0;
        }
        if (*scan->at == '\\') {
            *escaped = true;
            r = scan_escape(scan);
        } else {
            r = scan_character(scan);
        }
    }
    return r;
}
