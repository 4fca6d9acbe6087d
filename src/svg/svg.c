/* svg: cells to SVG: backgrounds first, then words, then shapes.
 * Independent of where the cells come from. */
#include "svg/svg.h"

#include "svg/box.h"

#include <string.h>

/* DejaVu Sans Mono advances by 0.602 em: 14 px make 8.43. */
static const double CELL_WIDTH = 8.43, CELL_HEIGHT = 18, BASELINE = 13.4, MARGIN = 14, BAR = 26;

struct rgb {
    uint8_t red, green, blue;
};

struct palette {
    struct rgb bg, fg, frame, bar, title;
    struct rgb basic[16];
};

static const struct palette DARK = {
    .bg = {0x16, 0x19, 0x1f},
    .fg = {0xd4, 0xd7, 0xdd},
    .frame = {0x3a, 0x40, 0x4b},
    .bar = {0x21, 0x25, 0x2d},
    .title = {0x9a, 0xa2, 0xaf},
    .basic = {{0x2b, 0x30, 0x39},
              {0xe0, 0x5f, 0x65},
              {0x78, 0xc3, 0x79},
              {0xe3, 0xc0, 0x6a},
              {0x5c, 0x9f, 0xee},
              {0xc0, 0x7d, 0xdd},
              {0x4f, 0xbc, 0xc9},
              {0xc3, 0xc8, 0xd1},
              {0x68, 0x70, 0x7e},
              {0xf2, 0x82, 0x87},
              {0x98, 0xdd, 0x96},
              {0xf3, 0xd6, 0x8d},
              {0x86, 0xbb, 0xf8},
              {0xd6, 0xa2, 0xec},
              {0x7a, 0xd7, 0xe2},
              {0xf4, 0xf6, 0xf9}},
};

static const struct palette LIGHT = {
    .bg = {0xfd, 0xfd, 0xfc},
    .fg = {0x2a, 0x2e, 0x35},
    .frame = {0xc6, 0xca, 0xd1},
    .bar = {0xee, 0xef, 0xf1},
    .title = {0x66, 0x6d, 0x78},
    .basic = {{0x2a, 0x2e, 0x35},
              {0xc4, 0x2b, 0x35},
              {0x2c, 0x85, 0x36},
              {0x9a, 0x6a, 0x00},
              {0x1f, 0x62, 0xc4},
              {0x8c, 0x3b, 0xb0},
              {0x0b, 0x7a, 0x87},
              {0xd5, 0xd8, 0xdd},
              {0x7c, 0x83, 0x8e},
              {0xdb, 0x4d, 0x55},
              {0x3d, 0xa1, 0x48},
              {0xb8, 0x84, 0x0b},
              {0x3b, 0x7d, 0xe0},
              {0xa6, 0x57, 0xca},
              {0x1d, 0x95, 0xa3},
              {0xff, 0xff, 0xff}},
};

struct look {
    struct rgb fg, bg;
    bool bg_painted;
    unsigned attrs;
};

static struct rgb indexed_color(const struct palette *palette, unsigned index)
{
    static const uint8_t steps[] = {0, 95, 135, 175, 215, 255};
    if (index < 16)
        return palette->basic[index];
    if (index >= 232) {
        uint8_t grey = (uint8_t)(8 + (index - 232) * 10);
        return (struct rgb){grey, grey, grey};
    }
    index -= 16;
    return (struct rgb){steps[index / 36], steps[index / 6 % 6], steps[index % 6]};
}

static struct rgb resolve(const struct palette *palette, struct screen_color color,
                          struct rgb standard)
{
    if (color.kind == SCREEN_COLOR_INDEXED)
        return indexed_color(palette, color.index);
    if (color.kind == SCREEN_COLOR_RGB)
        return (struct rgb){color.red, color.green, color.blue};
    return standard;
}

static uint8_t mix(uint8_t a, uint8_t b)
{
    return (uint8_t)((a * 58 + b * 42) / 100);
}

static struct look look_of(const struct palette *palette, const struct screen_cell *cell)
{
    struct look look = {.attrs = cell->attrs & ~(unsigned)(SCREEN_REVERSE | SCREEN_DIM)};
    look.fg = resolve(palette, cell->fg, palette->fg);
    look.bg = resolve(palette, cell->bg, palette->bg);
    look.bg_painted = cell->bg.kind != SCREEN_COLOR_DEFAULT;
    if (cell->attrs & SCREEN_DIM)
        look.fg = (struct rgb){mix(look.fg.red, look.bg.red), mix(look.fg.green, look.bg.green),
                               mix(look.fg.blue, look.bg.blue)};
    if (cell->attrs & SCREEN_REVERSE) {
        struct rgb fg = look.fg;
        look.fg = look.bg;
        look.bg = fg;
        look.bg_painted = true;
    }
    return look;
}

static bool same_rgb(struct rgb a, struct rgb b)
{
    return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

static const char *hex(struct rgb color, char text[8])
{
    snprintf(text, 8, "#%02x%02x%02x", color.red, color.green, color.blue);
    return text;
}

static uint32_t code_of(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0x80)
        return byte[0];
    if (byte[0] < 0xe0)
        return (uint32_t)(byte[0] & 0x1f) << 6 | (byte[1] & 0x3f);
    if (byte[0] < 0xf0)
        return (uint32_t)(byte[0] & 0x0f) << 12 | (uint32_t)(byte[1] & 0x3f) << 6 |
               (byte[2] & 0x3f);
    return (uint32_t)(byte[0] & 7) << 18 | (uint32_t)(byte[1] & 0x3f) << 12 |
           (uint32_t)(byte[2] & 0x3f) << 6 | (byte[3] & 0x3f);
}

static void write_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc(*text, out);
    }
}

struct page {
    FILE *out;
    const struct screen_grid *grid;
    const struct palette *palette;
    double top;
};

static double x_of(int col)
{
    return MARGIN + CELL_WIDTH * col;
}

static double y_of(const struct page *page, int row)
{
    return page->top + CELL_HEIGHT * row;
}

static void draw_backgrounds(const struct page *page, int row)
{
    char color[8];
    for (int start = 0, end; start < page->grid->cols; start = end) {
        struct look look = look_of(page->palette, screen_grid_cell(page->grid, row, start));
        for (end = start + 1; end < page->grid->cols; end++) {
            struct look next = look_of(page->palette, screen_grid_cell(page->grid, row, end));
            if (next.bg_painted != look.bg_painted || !same_rgb(next.bg, look.bg))
                break;
        }
        if (look.bg_painted)
            fprintf(page->out,
                    "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\" "
                    "shape-rendering=\"crispEdges\"/>\n",
                    x_of(start), y_of(page, row), CELL_WIDTH * (end - start), CELL_HEIGHT,
                    hex(look.bg, color));
    }
}

static bool is_text(const struct screen_cell *cell)
{
    return strcmp(cell->text, " ") != 0 && cell->text[0] != '\0' &&
           !svg_is_shape(code_of(cell->text));
}

static bool is_ascii(const struct screen_cell *cell)
{
    return (unsigned char)cell->text[0] < 0x80;
}

/* The end of the word that starts at col: same style, gaps of one cell at most. A non-ASCII
 * character is a word of its own, since its font may have another width. */
static int word_end(const struct page *page, int row, int col)
{
    const struct screen_cell *first = screen_grid_cell(page->grid, row, col);
    struct look look = look_of(page->palette, first);
    int end = col + 1;
    for (int at = end; is_ascii(first) && at < page->grid->cols && at - end < 2; at++) {
        const struct screen_cell *cell = screen_grid_cell(page->grid, row, at);
        struct look next = look_of(page->palette, cell);
        if (strcmp(cell->text, " ") == 0 && !(next.attrs & SCREEN_UNDERLINE))
            continue; /* a single blank is part of it */
        if (!is_text(cell) || !is_ascii(cell) || !same_rgb(next.fg, look.fg) ||
            next.attrs != look.attrs)
            break;
        end = at + 1;
    }
    return end;
}

static void draw_word(const struct page *page, int row, int start, int end)
{
    char color[8];
    struct look look = look_of(page->palette, screen_grid_cell(page->grid, row, start));
    fprintf(page->out, "<text x=\"%.1f\" y=\"%.1f\"", x_of(start), y_of(page, row) + BASELINE);
    if (!same_rgb(look.fg, page->palette->fg)) /* the default is set once for all */
        fprintf(page->out, " fill=\"%s\"", hex(look.fg, color));
    if (end - start > 1)
        fprintf(page->out, " textLength=\"%.1f\"", CELL_WIDTH * (end - start));
    if (look.attrs & SCREEN_BOLD)
        fputs(" font-weight=\"bold\"", page->out);
    if (look.attrs & SCREEN_ITALIC)
        fputs(" font-style=\"italic\"", page->out);
    if (look.attrs & SCREEN_STRIKE)
        fputs(" text-decoration=\"line-through\"", page->out);
    fputc('>', page->out);
    for (int col = start; col < end; col++)
        write_escaped(page->out, screen_grid_cell(page->grid, row, col)->text);
    fputs("</text>\n", page->out);
}

static void draw_text(const struct page *page, int row)
{
    for (int start = 0, end; start < page->grid->cols; start = end) {
        end = start + 1;
        if (!is_text(screen_grid_cell(page->grid, row, start)))
            continue;
        end = word_end(page, row, start);
        draw_word(page, row, start, end);
    }
}

static void draw_shapes(const struct page *page, int row)
{
    char color[8];
    for (int col = 0; col < page->grid->cols; col++) {
        const struct screen_cell *cell = screen_grid_cell(page->grid, row, col);
        struct look look = look_of(page->palette, cell);
        struct svg_box box = {x_of(col), y_of(page, row), CELL_WIDTH * (cell->width > 1 ? 2 : 1),
                              CELL_HEIGHT};
        if (cell->text[0] != '\0')
            svg_draw_shape(page->out, code_of(cell->text), box, hex(look.fg, color));
        if (look.attrs & SCREEN_UNDERLINE)
            fprintf(page->out, "<path d=\"M%.2f %.2fh%.2f\" stroke=\"%s\"/>\n", box.x,
                    box.y + BASELINE + 2, box.width, hex(look.fg, color));
    }
}

static void draw_window(const struct page *page, double width, double height, const char *title)
{
    char bg[8], frame[8], color[8];
    const struct palette *palette = page->palette;
    fprintf(page->out,
            "<rect x=\"0.5\" y=\"0.5\" width=\"%.2f\" height=\"%.2f\" rx=\"8\" fill=\"%s\" "
            "stroke=\"%s\"/>\n",
            width - 1, height - 1, hex(palette->bg, bg), hex(palette->frame, frame));
    if (!title)
        return;
    fprintf(page->out,
            "<path d=\"M1 %.2fV8.5a7.5 7.5 0 0 1 7.5-7.5H%.2fa7.5 7.5 0 0 1 7.5 7.5V%.2fz\" "
            "fill=\"%s\"/>\n",
            BAR, width - 8.5, BAR, hex(palette->bar, color));
    fprintf(page->out, "<path d=\"M1 %.2fH%.2f\" stroke=\"%s\"/>\n", BAR, width - 1, frame);
    fprintf(page->out,
            "<text x=\"%.2f\" y=\"17.6\" fill=\"%s\" font-size=\"12\" text-anchor=\"middle\">",
            width / 2, hex(palette->title, color));
    write_escaped(page->out, title);
    fputs("</text>\n", page->out);
}

static void draw_cursor(const struct page *page)
{
    char color[8];
    fprintf(page->out,
            "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\" "
            "fill-opacity=\"0.55\"/>\n",
            x_of(page->grid->cursor_col), y_of(page, page->grid->cursor_row), CELL_WIDTH,
            CELL_HEIGHT, hex(page->palette->fg, color));
}

static void begin_picture(const struct page *page, double width, double height)
{
    char color[8];
    fprintf(page->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.2f %.2f\" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, "
            "'Liberation Mono', monospace\" font-size=\"14\" stroke-width=\"1.1\" fill=\"%s\">\n",
            width, height, width, height, hex(page->palette->fg, color));
    /* Words have no stroke: stroke-width is for the shapes. */
}

static double width_of(const struct page *page)
{
    return CELL_WIDTH * page->grid->cols + 2 * MARGIN;
}

static double height_of(const struct page *page)
{
    return page->top + CELL_HEIGHT * page->grid->rows + MARGIN - 2;
}

static struct page page_of(FILE *out, const struct screen_grid *grid,
                           const struct svg_options *options, bool title)
{
    return (struct page){.out = out,
                         .grid = grid,
                         .palette = options->light ? &LIGHT : &DARK,
                         .top = title ? BAR + 8 : MARGIN - 2};
}

void svg_write(FILE *out, const struct screen_grid *grid, const struct svg_options *options)
{
    const struct page page = page_of(out, grid, options, options->title != NULL);
    begin_picture(&page, width_of(&page), height_of(&page));
    draw_window(&page, width_of(&page), height_of(&page), options->title);
    for (int row = 0; row < grid->rows; row++)
        draw_backgrounds(&page, row);
    for (int row = 0; row < grid->rows; row++) {
        draw_text(&page, row);
        draw_shapes(&page, row);
    }
    if (options->cursor && grid->cursor_visible)
        draw_cursor(&page);
    fputs("</svg>\n", out);
}

static bool same_row(const struct screen_grid *a, const struct screen_grid *b, int row)
{
    for (int col = 0; col < a->cols; col++) {
        const struct screen_cell *one = screen_grid_cell(a, row, col);
        const struct screen_cell *other = screen_grid_cell(b, row, col);
        if (strcmp(one->text, other->text) != 0 || !screen_cell_same_look(one, other))
            return false;
    }
    return true;
}

/* What follows is visible from scene `first` up to `end`. */
static void begin_span(FILE *out, const struct svg_scene *scenes, size_t count, size_t first,
                       size_t end)
{
    double all = 0, from = 0, to = 0;
    for (size_t i = 0; i < count; i++) {
        from += i < first ? scenes[i].seconds : 0;
        to += i < end ? scenes[i].seconds : 0;
        all += scenes[i].seconds;
    }
    fputs("<g>", out);
    if (first == 0 && end == count)
        return;
    fprintf(out, "<animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"%.2fs\" ", all);
    if (first == 0)
        fprintf(out, "values=\"visible;hidden\" keyTimes=\"0;%.4f\"", to / all);
    else if (end == count)
        fprintf(out, "values=\"hidden;visible\" keyTimes=\"0;%.4f\"", from / all);
    else
        fprintf(out, "values=\"hidden;visible;hidden\" keyTimes=\"0;%.4f;%.4f\"", from / all,
                to / all);
    fputs(" repeatCount=\"indefinite\"/>\n", out);
}

static void draw_row_of_film(FILE *out, const struct svg_scene *scenes, size_t count, int row,
                             const struct svg_options *options)
{
    for (size_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && same_row(&scenes[first].grid, &scenes[end].grid, row))
            end++;
        const struct page page = page_of(out, &scenes[first].grid, options, true);
        begin_span(out, scenes, count, first, end);
        draw_backgrounds(&page, row);
        draw_text(&page, row);
        draw_shapes(&page, row);
        fputs("</g>\n", out);
    }
}

void svg_write_film(FILE *out, const struct svg_scene *scenes, size_t count,
                    const struct svg_options *options)
{
    char color[8];
    const struct page page = page_of(out, &scenes[0].grid, options, true);
    begin_picture(&page, width_of(&page), height_of(&page));
    draw_window(&page, width_of(&page), height_of(&page), "");
    for (size_t i = 0; i < count; i++) {
        begin_span(out, scenes, count, i, i + 1);
        fprintf(out,
                "<text x=\"%.2f\" y=\"17.6\" fill=\"%s\" font-size=\"13\" text-anchor=\"middle\">",
                width_of(&page) / 2, hex(page.palette->title, color));
        write_escaped(out, scenes[i].title ? scenes[i].title : "");
        fputs("</text></g>\n", out);
    }
    for (int row = 0; row < page.grid->rows; row++)
        draw_row_of_film(out, scenes, count, row, options);
    fputs("</svg>\n", out);
}
