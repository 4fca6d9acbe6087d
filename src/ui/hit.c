/* hit: lines of keys whose words act when clicked. */
#include "ui/hit.h"

#include "core/text/text.h"
#include "ui/pane/pane.h"

#include <stdio.h>
#include <string.h>

#define KEYS_GAP 2

static int width_of(const struct hit_key *keys, size_t count)
{
    int cells = 0;
    for (size_t i = 0; i < count; i++)
        cells += (int)text_width(keys[i].text) + (i > 0 ? KEYS_GAP : 0);
    return cells;
}

/* "Enter send"; dim while it would be ignored. */
static int draw_key(const struct canvas *canvas, int row, int col, const char *text, bool held)
{
    char key[24];

    snprintf(key, sizeof(key), "%.*s", (int)strcspn(text, " "), text);
    const int end = canvas_text(canvas, row, col, held ? ROLE_DIM : ROLE_NORMAL, text);
    canvas_text(canvas, row, col, held ? ROLE_DIM : ROLE_KEY, key);
    return end;
}

int hit_draw_keys(struct screen *screen, const struct canvas *canvas, int row, int end,
                  const struct hit_key *keys, size_t count)
{
    const int begin = end - width_of(keys, count);
    int col = begin < 0 ? 0 : begin;
    canvas_fill(canvas, row, 0, end, ROLE_NORMAL); /* overwrites other text if there is no room */
    for (size_t i = 0; i < count; i++) {
        const int from = col;
        col = draw_key(canvas, row, col, keys[i].text,
                       keys[i].key == KEY_CODE_ENTER && screen_holds_enter(screen));
        screen_add_hit(screen, canvas, row, from, col, &(struct hit){.key = keys[i].key});
        col += KEYS_GAP;
    }
    return begin;
}
