/*
 * What an object offers, out of its introspection data (D-Bus specification, "Introspection Data
 * Format"): methods with their arguments, and properties. A pure function on XML.
 */
#ifndef NETVANE_CLUSTER_INTROSPECT_H
#define NETVANE_CLUSTER_INTROSPECT_H

#include <stddef.h>

#include <glib.h>

#define VANE_INTROSPECT_SIZE_MAX    (4u << 20)
#define VANE_INTROSPECT_MEMBERS_MAX 16384u

enum vane_member_kind {
    VANE_MEMBER_METHOD,
    VANE_MEMBER_PROPERTY,
};

struct vane_member {
    enum vane_member_kind kind;
    const char *interface, *name;
    const char *signature; /* of a method's arguments, or the property's type */
    char **arguments;      /* a method's, as many as the signature has types; "" is one without a
                            * name */
};

/* Counted: many objects are described alike. */
struct vane_description;

/* NULL: this is no introspection data, or over a bound; `problem` then says why. */
struct vane_description *vane_description_parse(const char *xml, size_t length,
                                                const char **problem);
struct vane_description *vane_description_ref(struct vane_description *description);
void vane_description_unref(struct vane_description *description);

/*
 * The member of that name. Of several interfaces that have it, one that is not of D-Bus itself is
 * taken. NULL: there is none; or, with `other`, one that two interfaces have: `interface` must say
 * which.
 */
const struct vane_member *vane_description_find(const struct vane_description *description,
                                                enum vane_member_kind kind, const char *interface,
                                                const char *name, const struct vane_member **other);

#endif
