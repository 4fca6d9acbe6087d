/* Places on the screen that react to the mouse. The code that draws one adds it at each drawing;
 * under a floating page none reacts. A double press on the same cell sets key.twice, which means
 * Enter on a row of a list. */
#ifndef TCPLENS_UI_HIT_H
#define TCPLENS_UI_HIT_H

#include "ui/canvas.h"
#include "ui/command.h"

struct screen;

struct hit {
    /* One of these three. */
    const struct command *command; /* a press runs it */
    uint32_t key;                  /* a press is this key, e.g. KEY_CODE_ENTER in a dialog */
    /* Every press and turn of the wheel; true: taken. */
    bool (*mouse)(struct screen *screen, const struct hit *hit, const struct key *key);
    int argument; /* for `mouse` */
    /* set by screen_add_hit: cells of the screen, [from, to) */
    int row, from, to;
};

/* Cells [from, to) of a row of the canvas. NULL command without key and mouse: nothing is added. */
void screen_add_hit(struct screen *screen, const struct canvas *canvas, int row, int from, int to,
                    const struct hit *hit);

struct hit_key {
    const char *text; /* "Enter send" */
    uint32_t key;
};

/* Keys in one line that ends at column `end` (exclusive), each acting when clicked. Returns where
 * it begins. */
int hit_draw_keys(struct screen *screen, const struct canvas *canvas, int row, int end,
                  const struct hit_key *keys, size_t count);

#endif
