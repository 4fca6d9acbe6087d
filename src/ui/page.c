/* page: text that flows on a canvas and scrolls, units as words. */
#include "ui/page.h"

#include "base/clock.h"
#include "core/text/text.h"
#include "ui/graph.h"
#include "ui/scroll.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LEFT     1
#define TEXT_MAX 1024

static void scroll_by(struct page_scroll *scroll, int64_t rows)
{
    const int last = scroll->lines > scroll->height ? scroll->lines - scroll->height : 0;
    const int64_t top = scroll->top + rows;
    scroll->top = top < 0 ? 0 : top > last ? last : (int)top;
}

bool page_scroll_command(struct page_scroll *scroll, const struct command *command)
{
    int64_t rows;
    if (!scroll_command(command, scroll->height, &rows))
        return false;
    scroll_by(scroll, rows);
    return true;
}

bool page_scroll_mouse(struct page_scroll *scroll, const struct key *key)
{
    int64_t rows;
    if (!scroll_wheel(key, &rows))
        return false;
    scroll_by(scroll, rows);
    return true;
}

void page_begin(struct page *page, const struct canvas *canvas, const struct page_scroll *scroll)
{
    *page = (struct page){.canvas = canvas, .top = scroll->top, .col = LEFT};
}

/* Drawn over the end of a row; a partly covered word is marked as truncated. */
static void put_more(const struct page *page, int row, int text_end, const char *arrow)
{
    const int edge = page->canvas->cols - 1;
    char text[24];

    snprintf(text, sizeof(text), " %s more", arrow);
    const int begin = canvas_text_right(page->canvas, row, edge, ROLE_DIM, text);
    if (text_end > begin && begin > 0)
        canvas_text(page->canvas, row, begin - 1, ROLE_DIM, "…");
}

void page_end(struct page *page, struct page_scroll *scroll)
{
    const struct canvas *canvas = page->canvas;
    scroll->lines = page->col > LEFT ? page->row + 1 : page->row;
    scroll->height = canvas->rows;
    if (scroll->top > 0)
        put_more(page, 0, page->first_end, "▲");
    if (scroll->lines - scroll->top > canvas->rows)
        put_more(page, canvas->rows - 1, page->last_end, "▼");
    scroll_by(scroll, 0);
}

void page_line(struct page *page)
{
    page->row++;
    page->col = LEFT;
}

void page_text(struct page *page, unsigned style, const char *text)
{
    const int row = page->row - page->top;

    canvas_text(page->canvas, row, page->col, style, text);
    page->col += (int)text_width(text);
    if (row == 0)
        page->first_end = page->col;
    if (row == page->canvas->rows - 1)
        page->last_end = page->col;
}

void page_printf(struct page *page, unsigned style, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    page_text(page, style, text);
}

void page_item(struct page *page, int indent, const char *label, unsigned style, const char *value)
{
    int width = (int)(text_width(label) + text_width(value)) + 1;
    if (page->col > indent && page->col + width >= page->canvas->cols) {
        page_line(page);
        page->col = indent;
    }
    page_text(page, ROLE_DIM, label);
    page->col++;
    page_text(page, style, value);
    page->col += PAGE_ITEM_GAP;
}

size_t page_fitting_words(const char *text, int cells)
{
    size_t fit = text_fit(text, cells > 0 ? (size_t)cells : 0);
    if (text[fit] == '\0' || text[fit] == ' ')
        return fit;
    for (size_t at = fit; at > 0; at--)
        if (text[at - 1] == ' ')
            return at - 1;
    return fit;
}

void page_paragraph(struct page *page, int indent, unsigned style, const char *text)
{
    char line[TEXT_MAX];
    while (*text) {
        size_t fit = page_fitting_words(text, page->canvas->cols - 1 - page->col);
        if (fit == 0 && page->col <= indent)
            break; /* narrower than a character */
        snprintf(line, sizeof(line), "%.*s", (int)fit, text);
        page_text(page, style, line);
        text += fit;
        text += strspn(text, " ");
        if (!*text)
            break;
        page_line(page);
        page->col = indent;
    }
    page_line(page);
}

void page_right(const struct page *page, unsigned style, const char *text)
{
    int begin = page->canvas->cols - 1 - (int)text_width(text);
    if (begin > page->col)
        canvas_text(page->canvas, page->row - page->top, begin, style, text);
}

void page_spark(struct page *page, int cells, unsigned style, const uint64_t *values, size_t count)
{
    int row = page->row - page->top;
    if (row >= 0)
        graph_sparkline(page->canvas, row, page->col, cells, style, values, count, 0);
    page->col += cells;
}

static size_t scaled(char *out, size_t size, uint64_t value, const char *unit)
{
    static const char *const PREFIXES[] = {"", "k", "M", "G", "T", "P"};
    double number = (double)value;
    size_t prefix = 0;
    while (number >= 999.5 && prefix + 1 < sizeof(PREFIXES) / sizeof(PREFIXES[0])) {
        number /= 1000.0;
        prefix++;
    }
    int length = snprintf(out, size, prefix > 0 && number < 99.95 ? "%.1f %s%s" : "%.0f %s%s",
                          number, PREFIXES[prefix], unit);
    return length > 0 ? strlen(out) : 0;
}

size_t page_bytes(char *out, size_t size, uint64_t bytes)
{
    if (bytes < 10000)
        return (size_t)snprintf(out, size, "%u B", (unsigned)bytes);
    return scaled(out, size, bytes, "B");
}

size_t page_rate(char *out, size_t size, uint64_t bytes_per_s)
{
    return scaled(out, size, bytes_per_s, "B/s");
}

size_t page_segments(char *out, size_t size, uint64_t segments)
{
    const size_t length = text_thousands(out, size, segments);
    return length < size ? length + (size_t)snprintf(out + length, size - length, " seg") : length;
}

static void put_clock(char *out, size_t size, enum clock_form form, int64_t wall_ns,
                      bool milliseconds)
{
    clock_local_text(out, size, form, wall_ns);
    const size_t length = strlen(out);
    if (milliseconds)
        snprintf(out + length, size - length, ".%03d", (int)(wall_ns % SECOND_NS / MILLISECOND_NS));
}

void page_clock(char *out, size_t size, int64_t wall_ns, bool milliseconds)
{
    put_clock(out, size, CLOCK_TIME, wall_ns, milliseconds);
}

void page_moment(char out[PAGE_MOMENT_MAX], int64_t wall_ns, int64_t now_ns, bool milliseconds)
{
    char day[CLOCK_TEXT_MAX], today[CLOCK_TEXT_MAX];

    clock_local_text(day, sizeof(day), CLOCK_DATE, wall_ns);
    clock_local_text(today, sizeof(today), CLOCK_DATE, now_ns);
    put_clock(out, PAGE_MOMENT_MAX, strcmp(day, today) == 0 ? CLOCK_TIME : CLOCK_DATE_TIME, wall_ns,
              milliseconds);
}
