/*
 * The `json` that a script gets: what networkctl(1) says about a link, a list of texts for each of
 * its labels, plus a few plain texts.
 */
#ifndef NETVANE_SCRIPTS_DOCUMENT_H
#define NETVANE_SCRIPTS_DOCUMENT_H

#include <glib.h>

struct vane_document; /* opaque */

struct vane_document *vane_document_new(void);
void vane_document_free(struct vane_document *document);

/* Appends to the list of a key. White space around the value goes, an empty value is left out. */
void vane_document_add(struct vane_document *document, const char *key, const char *value);
void vane_document_addf(struct vane_document *document, const char *key, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Gives a key one plain text. */
void vane_document_set(struct vane_document *document, const char *key, const char *text);

/* A plain text, or "". */
const char *vane_document_text(const struct vane_document *document, const char *key);

/* A list, or NULL. */
const GPtrArray *vane_document_list(const struct vane_document *document, const char *key);

/* One JSON object with sorted keys, laid out as Python's json.dumps() does. g_free() it. */
char *vane_document_json(const struct vane_document *document);

#endif
