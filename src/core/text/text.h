/* Text from outside made safe, and measured and cut by terminal cells. Pure; no locale: width
 * tables are our own (wcwidth differs between systems), input is UTF-8. */
#ifndef TCPLENS_CORE_TEXT_TEXT_H
#define TCPLENS_CORE_TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Worst case of text_clean: every byte becomes "\xNN". */
#define TEXT_CLEAN_MAX(length) (4u * (size_t)(length) + 1u)

/* Makes `raw` printable: control bytes, DEL, C1, bad UTF-8, bidi controls, zero-width and combining
 * characters, line and paragraph separators, private use, unassigned specials and characters on
 * whose width terminals do not agree become \xNN for each of their bytes; a backslash stays, but one
 * that would read as an escape we write ("\x" and two hex digits of such a byte or of a backslash) is
 * itself written \x5c, so that two names never collapse into one. Writes at most size-1
 * bytes and a NUL, never half an escape or character; returns the bytes written. Result: printable
 * UTF-8, each character one or two cells, safe for every terminal, CSV or JSON. */
size_t text_clean(char *out, size_t size, const char *raw, size_t length);

/* The same for text that may contain safe parts, such as a message around a name: backslashes stay,
 * so that safe text is unchanged. */
size_t text_clean_again(char *out, size_t size, const char *text, size_t length);

/* The ASCII replacement of a character: similar ones for lines, blocks, arrows and dashes,
 * otherwise '?'. */
char text_ascii_form(uint32_t code);
/* Replaces each non-ASCII character by that, once for each of its cells, so that alignment is kept.
 * Never longer; text must end in NUL. Returns the new length. */
size_t text_make_ascii(char *text, size_t length);

/* The first eight bytes as a number with the same order, padded with NULs. */
uint64_t text_key(const char *text);

/* Cells that safe text takes. */
size_t text_width(const char *text);

/* Decodes one character: bytes used (>= 1), code point (0xFFFD for a bad byte) and cells (0..2). */
size_t text_next(const char *text, uint32_t *code, unsigned *cells);

/* Copies it, truncated at a byte where `size` is too small (0: nothing is written). Returns
 * bytes. */
size_t text_copy(char *out, size_t size, const char *text);

/* Bytes of `text` that fit in `cells` cells, whole characters only. */
size_t text_fit(const char *text, size_t cells);

/* Copies `text` cut to `cells` cells; what is cut is marked in the last cell (`mark`, one cell,
 * e.g. "…" or "~"). Never wider than `cells`, for any bytes. Returns cells used. */
size_t text_cut(char *out, size_t size, const char *text, size_t cells, const char *mark);

/* The same with the mark in the middle (addresses: both ends matter). */
size_t text_cut_middle(char *out, size_t size, const char *text, size_t cells, const char *mark);

/* Human numbers: "0", "999", "1.2k", "30M", "1.2G" (decimal, at most 5 cells). */
size_t text_count(char *out, size_t size, uint64_t value);
/* "12 MB" and what follows it; with tenths where the number is smaller than tenths_below. */
size_t text_bytes(char *out, size_t size, uint64_t bytes, double tenths_below, const char *after);
size_t text_thousands(char *out, size_t size, uint64_t value); /* "1,284" */
/* Thousandths of a percent: "0 %", "<0.1 %", "5.1 %", "100 %"; never wider than 6. */
size_t text_share(char *out, size_t size, int64_t share);
/* Duration of an age: "0:02", "12:31", "2:14h", "3d 4h", "12d". At most 6 cells. */
size_t text_age(char *out, size_t size, int64_t nanoseconds);
/* Short time span: "850us", "12ms", "1.2s", "3m". */
size_t text_span(char *out, size_t size, int64_t nanoseconds);
/* "2026-11-22T12:16:31.104123456Z" (UTC, RFC 3339, ns) and back; the reader takes 0 to 9 decimals
 * and "Z" only; -EINVAL if it is anything else. */
size_t text_rfc3339(char *out, size_t size, int64_t wall_ns);
int text_parse_rfc3339(const char *text, size_t length, int64_t *wall_ns);

/* Edits (insert, delete, replace, swap of neighbours) between two short words, for hints. */
unsigned text_distance(const char *a, const char *b);
/* True if `word` may be a typo of `name`: at most a third of the letters differ, and fewer than
 * *edits, which is set then (begin with UINT_MAX). */
bool text_is_nearer(const char *word, const char *name, unsigned *edits);

#endif
