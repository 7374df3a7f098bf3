/* Compile-time array helpers. */
#ifndef NETVANE_LIB_ARRAY_H
#define NETVANE_LIB_ARRAY_H

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

#endif
