/* svg: a screen_grid drawn as an SVG picture of a terminal window.
 * Box drawing and blocks are drawn as shapes, so that they join in every renderer and font. */
#ifndef TCPLENS_SVG_SVG_H
#define TCPLENS_SVG_SVG_H

#include "svg/cells.h"

#include <stdio.h>

struct svg_options {
    bool light;        /* a light terminal instead of a dark one */
    bool cursor;       /* draw the cursor when it is visible */
    const char *title; /* in the window's bar; NULL: no bar. Escaped here. */
};

void svg_write(FILE *out, const struct screen_grid *grid, const struct svg_options *options);

/* One picture of a film; all of one size. */
struct svg_scene {
    struct screen_grid grid;
    double seconds;
    const char *title; /* in the window's bar while it is shown; NULL: none */
};

/* Pictures one after the other, for ever (SMIL): what stays on the screen is written once. */
void svg_write_film(FILE *out, const struct svg_scene *scenes, size_t count,
                    const struct svg_options *options);

#endif
