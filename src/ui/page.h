/* Shared by pages: text that flows on a canvas and scrolls, and numbers with units. */
#ifndef TCPLENS_UI_PAGE_H
#define TCPLENS_UI_PAGE_H

#include "ui/canvas.h"
#include "ui/command.h"

#define PAGE_ITEM_GAP 3

struct page_scroll {
    int top, lines, height; /* first line shown, number of lines, rows available last */
};
/* True for commands that scroll; the page must be repainted then. */
bool page_scroll_command(struct page_scroll *scroll, const struct command *command);
bool page_scroll_mouse(struct page_scroll *scroll, const struct key *key);

struct page {
    const struct canvas *canvas;
    int top;                 /* line of the text in the canvas's first row */
    int row, col;            /* where the next text goes */
    int first_end, last_end; /* where text ends in the canvas's first and last row */
};

void page_begin(struct page *page, const struct canvas *canvas, const struct page_scroll *scroll);
/* Sets the limit of scrolling, and shows if there is more. */
void page_end(struct page *page, struct page_scroll *scroll);
void page_line(struct page *page); /* to the next line */
void page_text(struct page *page, unsigned style, const char *text);
void page_printf(struct page *page, unsigned style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "label value" kept together; continues on the next line, at `indent`, if it does not fit. */
void page_item(struct page *page, int indent, const char *label, unsigned style, const char *value);
/* Bytes of the text that fit in so many cells, up to a blank if there is one. */
size_t page_fitting_words(const char *text, int cells);
/* Text that flows from the column it is at, its further lines indented; then to the next line. */
void page_paragraph(struct page *page, int indent, unsigned style, const char *text);
void page_right(const struct page *page, unsigned style, const char *text);
void page_spark(struct page *page, int cells, unsigned style, const uint64_t *values, size_t count);

size_t page_bytes(char *out, size_t size, uint64_t bytes);       /* "1448 B", "2.4 MB" */
size_t page_rate(char *out, size_t size, uint64_t bytes_per_s);  /* "1.2 MB/s" */
size_t page_segments(char *out, size_t size, uint64_t segments); /* "40 seg" */
/* Local time "12:16:29", with ".104" if milliseconds. */
void page_clock(char *out, size_t size, int64_t wall_ns, bool milliseconds);
#define PAGE_MOMENT_MAX 24
/* The same, with the date in front where that is not the day of now_ns. */
void page_moment(char out[PAGE_MOMENT_MAX], int64_t wall_ns, int64_t now_ns, bool milliseconds);

#endif
