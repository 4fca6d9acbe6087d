/* hit: lines of keys whose words act when clicked. */
#include "ui/hit.h"

#include "core/text/text.h"

#define KEYS_GAP 2

static int width_of(const struct hit_key *keys, size_t count)
{
    int cells = 0;
    for (size_t i = 0; i < count; i++)
        cells += (int)text_width(keys[i].text) + (i > 0 ? KEYS_GAP : 0);
    return cells;
}

int hit_draw_keys(struct screen *screen, const struct canvas *canvas, int row, int end,
                  const struct hit_key *keys, size_t count)
{
    const int begin = end - width_of(keys, count);
    int col = begin < 0 ? 0 : begin;
    for (size_t i = 0; i < count; i++) {
        const int from = col;
        col = canvas_text(canvas, row, col, ROLE_DIM, keys[i].text);
        screen_add_hit(screen, canvas, row, from, col, &(struct hit){.key = keys[i].key});
        col += KEYS_GAP;
    }
    return begin;
}
