/* A one-line editor with history, for filter, menus and times. Pure: keys in, text out. */
#ifndef TCPLENS_UI_PROMPT_H
#define TCPLENS_UI_PROMPT_H

#include "ui/canvas.h"
#include "ui/key/key.h"

#define PROMPT_MAX     1024 /* bytes of a line, with its NUL */
#define PROMPT_HISTORY 50

struct prompt {
    char text[PROMPT_MAX];
    size_t length, cursor;            /* bytes; always at a character boundary */
    char *history[PROMPT_HISTORY];    /* oldest first */
    size_t history_count, history_at; /* == history_count: the line being written */
    char draft[PROMPT_MAX];           /* the line being written while another is shown */
    bool selected; /* the whole text: typing replaces it, moving the cursor keeps it */
};

enum prompt_result {
    PROMPT_IGNORED,  /* not a key of the editor */
    PROMPT_MOVED,    /* cursor only */
    PROMPT_EDITED,   /* the text changed */
    PROMPT_ACCEPTED, /* Enter; the text is in the history */
    PROMPT_CANCELLED /* Escape */
};

void prompt_init(struct prompt *prompt);
void prompt_done(struct prompt *prompt);
void prompt_set(struct prompt *prompt, const char *text); /* cursor at its end */
void prompt_select(struct prompt *prompt);                /* all of its text */
/* Replaces the bytes [from, cursor) by text, with the cursor after it. */
void prompt_replace(struct prompt *prompt, size_t from, const char *text);
enum prompt_result prompt_key(struct prompt *prompt, const struct key *key);
/* Adds a line to the history, as Enter does, except empty and repeated ones. */
void prompt_remember(struct prompt *prompt, const char *line);
/* Draws it in a field that scrolls with the cursor, and places the terminal's cursor. */
void prompt_draw(const struct prompt *prompt, const struct canvas *canvas, int row, int col,
                 int cells, unsigned style);

#endif
