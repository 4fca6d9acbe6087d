/* svg_box: box drawing and block characters as SVG shapes. Private to svg.c. */
#ifndef TCPLENS_SVG_BOX_H
#define TCPLENS_SVG_BOX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct svg_box {
    double x, y, width, height;
};

/* Draws the character in the cell; false when it is not one of those drawn as shapes. */
bool svg_draw_shape(FILE *out, uint32_t code, struct svg_box cell, const char *color);
bool svg_is_shape(uint32_t code);

#endif
