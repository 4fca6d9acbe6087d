/* pieces: measured, dropped by rank, drawn. */
#include "ui/pieces.h"

#include "core/text/text.h"

#include <stdio.h>

struct piece *pieces_add(struct pieces *pieces, uint8_t rank, unsigned label_role,
                         const char *label, unsigned value_role)
{
    struct piece *piece = &pieces->items[pieces->count < PIECES_MAX ? pieces->count++ : 0];
    *piece = (struct piece){.label_role = label_role, .value_role = value_role, .rank = rank};
    snprintf(piece->label, sizeof(piece->label), "%s", label);
    return piece;
}

int piece_width(const struct piece *piece)
{
    const int label = (int)text_width(piece->label), value = (int)text_width(piece->value);
    const int mark = (int)text_width(piece->mark);
    return label + value + (label > 0 && value > 0) + mark + (mark > 0);
}

int pieces_width(const struct pieces *pieces)
{
    int width = 0;
    for (size_t i = 0; i < pieces->count; i++)
        if (!pieces->items[i].gone)
            width += (width > 0 ? pieces->gap : 0) + piece_width(&pieces->items[i]);
    return width;
}

static struct piece *least_piece(struct pieces *pieces)
{
    struct piece *least = NULL;
    for (size_t i = 0; i < pieces->count; i++)
        if (!pieces->items[i].gone && (!least || pieces->items[i].rank > least->rank))
            least = &pieces->items[i];
    return least;
}

void pieces_fit(struct pieces *left, struct pieces *right, int cells)
{
    while (pieces_width(left) + pieces_width(right) + 2 > cells) {
        struct piece *a = least_piece(left), *b = least_piece(right);
        if (!a && !b)
            break;
        struct piece *least = !a || (b && b->rank > a->rank) ? b : a;
        least->gone = true;
    }
}

static int draw_piece(const struct canvas *canvas, int row, int col, const struct piece *piece)
{
    col = canvas_text(canvas, row, col, piece->label_role, piece->label);
    if (piece->label[0] && piece->value[0])
        col++;
    col = canvas_text(canvas, row, col, piece->value_role, piece->value);
    return piece->mark[0] ? canvas_text(canvas, row, col + 1, piece->mark_role, piece->mark) : col;
}

void pieces_draw(const struct canvas *canvas, int row, int col, struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        struct piece *piece = &pieces->items[i];
        if (piece->gone)
            continue;
        piece->at = col;
        col = draw_piece(canvas, row, col, piece) + pieces->gap;
    }
}
