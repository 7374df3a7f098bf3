/* The whole terminal as a picture of lines, drawn anew as often as one likes. */
#ifndef NETVANE_CLI_SCREEN_H
#define NETVANE_CLI_SCREEN_H

#include <stdbool.h>

#include <glib.h>

/* Takes the terminal over; -ENOTTY: it is none. vane_screen_close() gives it back as it was. */
int vane_screen_open(void);
void vane_screen_close(void);

/* Its size now; 24 by 80 when it does not tell. */
void vane_screen_size(unsigned *rows, unsigned *columns);

enum vane_screen_style { VANE_SCREEN_PLAIN, VANE_SCREEN_HEAD, VANE_SCREEN_DIM };

/* Adds one line to a picture, cut at the terminal's width. `text` holds no controls. */
void vane_screen_line(GString *picture, unsigned columns, enum vane_screen_style style,
                      const char *text);

/* Shows a picture of at most as many lines as the terminal has rows. */
void vane_screen_show(const GString *picture);

#endif
