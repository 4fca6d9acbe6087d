/* screen_filter: the active filter and the line in which it is typed. It applies while typing;
 * while the text is invalid, the last valid filter stays active. */
#include "ui/screen/filter.h"

#include "core/text/text.h"
#include "ui/screen/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NO_MATCH    "nothing matches the filter"
#define PROMPT_AT   3 /* " / " */
#define SLASH_CELLS 2 /* "/ " */

static void put_in_force(struct screen *screen, struct filter *filter, const char *text)
{
    struct screen_filter *own = &screen->filter;
    struct picture *picture = &screen->picture;

    filter_free(own->filter);
    own->filter = filter;
    snprintf(own->text, sizeof(own->text), "%s", text);
    picture->accept = filter_is_empty(filter) ? NULL : filter_accepts;
    picture->accept_data = filter;
    picture->filter_generation++;
    screen->void_panes = screen->paint = true;
}

/* Tests that only the kernel can answer, for one dump, do not work on frames. */
static int refuse_kernel_tests(const struct filter *filter, const char *text,
                               struct filter_error *error)
{
    if (!filter_needs_kernel(filter))
        return 0;
    const char *word = strstr(text, "autobound");
    error->column = word ? (size_t)(word - text) : 0;
    error->length = strlen("autobound");
    snprintf(error->message, sizeof(error->message),
             "only the kernel knows autobound ports: use autobound in list and close");
    return -EINVAL;
}

/* False: it is invalid, error says why, the last one stays. */
static bool try_text(struct screen *screen, const char *text)
{
    struct screen_filter *own = &screen->filter;
    struct filter *filter = NULL;

    own->error = (struct filter_error){0};
    int result = filter_parse(&filter, text, screen->settings.filter_names, &own->error);
    if (!result)
        result = refuse_kernel_tests(filter, text, &own->error);
    own->wrong = result != 0;
    if (result == -ENOMEM)
        snprintf(own->error.message, sizeof(own->error.message), "out of memory");
    if (result)
        filter_free(filter);
    else
        put_in_force(screen, filter, text);
    return !own->wrong;
}

bool screen_set_filter(struct screen *screen, const char *text)
{
    if (!try_text(screen, text)) {
        screen->filter.wrong = false;
        return false;
    }
    prompt_remember(&screen->filter.prompt, text);
    return true;
}

void screen_filter_begin(struct screen *screen)
{
    prompt_init(&screen->filter.prompt);
    for (size_t i = screen->settings.saved_filter_count; i > 0; i--) /* Up: the first one first */
        prompt_remember(&screen->filter.prompt, screen->settings.saved_filters[i - 1]);
    if (screen->settings.filter && try_text(screen, screen->settings.filter))
        prompt_remember(&screen->filter.prompt, screen->settings.filter);
}

void screen_filter_end(struct screen *screen)
{
    prompt_done(&screen->filter.prompt);
    filter_free(screen->filter.filter);
    screen->filter.filter = NULL;
}

uint32_t screen_filter_needs(const struct screen *screen)
{
    return filter_needs(screen->filter.filter);
}

void screen_open_filter(struct screen *screen)
{
    struct screen_filter *own = &screen->filter;

    own->open = screen->picture.filter_typed = true;
    own->completions.count = 0;
    own->wrong = false;
    snprintf(own->before, sizeof(own->before), "%s", own->text);
    prompt_set(&own->prompt, own->text);
    prompt_select(&own->prompt);
    own->prompt.history_at = own->prompt.history_count;
    screen->paint = true;
}

bool screen_filter_clear(struct screen *screen)
{
    if (!screen->filter.text[0])
        return false;
    (void)try_text(screen, "");
    screen_say(screen, ROLE_NORMAL, "filter cleared: all rows (/ and the up key bring it back)");
    return true;
}

void screen_filter_restore(struct screen *screen, const char *text)
{
    if (strcmp(screen->filter.text, text) != 0)
        (void)try_text(screen, text);
}

static void leave(struct screen *screen)
{
    screen->filter.open = screen->filter.wrong = screen->picture.filter_typed = false;
    screen->void_panes = screen->paint = true; /* the cursor stays where the filter left it */
}

/* Enter with an invalid filter leaves the line open, with a caret at the error. */
static void accept(struct screen *screen)
{
    if (!screen->filter.wrong)
        leave(screen);
}

static void cancel(struct screen *screen)
{
    char before[sizeof(screen->filter.before)];

    memcpy(before, screen->filter.before, sizeof(before));
    leave(screen);
    (void)try_text(screen, before);
}

/* Tab: completes the common prefix; another Tab cycles through the completions. */
static void complete(struct screen_filter *own, const struct frame *frame, int step)
{
    struct filter_completions *offered = &own->completions;
    char text[FILTER_COMPLETION_SIZE + 1];

    if (offered->count > 1) {
        const size_t places = offered->count;
        own->completion = own->completion == places
                              ? (step > 0 ? 0 : places - 1)
                              : (own->completion + places + (size_t)step) % places;
        prompt_replace(&own->prompt, offered->from, offered->texts[own->completion]);
        return;
    }
    filter_complete(offered, own->prompt.text, own->prompt.cursor, frame);
    own->completion = offered->count;
    const size_t common = filter_completions_common(offered);
    if (offered->count == 0 || common < own->prompt.cursor - offered->from)
        return;
    snprintf(text, sizeof(text), "%.*s%s", (int)common, offered->texts[0],
             offered->count == 1 ? " " : "");
    prompt_replace(&own->prompt, offered->from, text);
}

static bool complete_key(struct screen *screen, const struct key *key)
{
    struct screen_filter *own = &screen->filter;

    if (key->pasted || (key->code != KEY_CODE_TAB && key->code != KEY_CODE_BACK_TAB)) {
        own->completions.count = 0;
        return false;
    }
    complete(own, screen->picture.frame, key->code == KEY_CODE_TAB ? 1 : -1);
    (void)try_text(screen, own->prompt.text);
    return true;
}

bool screen_filter_key(struct screen *screen, const struct key *key)
{
    struct screen_filter *own = &screen->filter;

    if (!own->open)
        return false;
    if (complete_key(screen, key))
        return true;
    const bool enter_on_error = key->code == KEY_CODE_ENTER && own->wrong;
    const enum prompt_result result = enter_on_error ? PROMPT_MOVED : prompt_key(&own->prompt, key);
    if (result == PROMPT_EDITED)
        (void)try_text(screen, own->prompt.text);
    else if (result == PROMPT_ACCEPTED)
        accept(screen);
    else if (result == PROMPT_CANCELLED)
        cancel(screen);
    if (result != PROMPT_IGNORED)
        return true;
    /* rows can still be scrolled; no other command works under an open line */
    const struct command *command = command_for_key(key->code);
    return !command || (command->group != GROUP_MOVE && command->id != COMMAND_REPAINT);
}

void screen_filter_draw(struct screen *screen, const struct canvas *canvas)
{
    canvas_text(canvas, 0, 1, ROLE_KEY, "/");
    prompt_draw(&screen->filter.prompt, canvas, 0, PROMPT_AT, canvas->cols - PROMPT_AT - 1,
                ROLE_NORMAL);
}

/* Cells scrolled out of the line on the left, as in prompt_draw. */
static int scrolled(const struct prompt *prompt, int cells)
{
    char head[PROMPT_MAX];

    memcpy(head, prompt->text, prompt->cursor);
    head[prompt->cursor] = '\0';
    const int width = (int)text_width(head);
    return width < cells ? 0 : width - cells + 1;
}

static int caret_column(const struct screen_filter *own, int cols)
{
    char head[PROMPT_MAX];
    const size_t at =
        own->error.column < own->prompt.length ? own->error.column : own->prompt.length;

    memcpy(head, own->prompt.text, at);
    head[at] = '\0';
    return PROMPT_AT + (int)text_width(head) - scrolled(&own->prompt, cols - PROMPT_AT - 1);
}

static void draw_error(const struct screen_filter *own, const struct canvas *canvas)
{
    static const char STAYS[] = "(the last valid filter stays in force)";
    const char *message = own->error.message;
    const int width = (int)text_width(message);
    int caret = caret_column(own, canvas->cols);

    caret = caret < PROMPT_AT ? PROMPT_AT : caret;
    canvas_text(canvas, 0, caret, ROLE_TROUBLE, "^");
    if (caret + 2 + width < canvas->cols) {
        const int end = canvas_text(canvas, 0, caret + 2, ROLE_TROUBLE, message);
        if (end + 3 + (int)text_width(STAYS) < canvas->cols)
            canvas_text_right(canvas, 0, canvas->cols - 1, ROLE_DIM, STAYS);
    } else if (caret > width + 2) {
        canvas_text_right(canvas, 0, caret - 1, ROLE_TROUBLE, message);
    } else {
        canvas_field(canvas, 0, 1, canvas->cols - 2, false, ROLE_TROUBLE, message);
    }
}

/* The filter as understood, if and/or are mixed: they group to the left, as in ss. */
static void draw_understood(const struct screen_filter *own, const struct canvas *canvas)
{
    static const char KEYS[] = "Enter keep  Esc cancel  Tab complete  ↑ history";
    struct buffer text;

    buffer_init(&text);
    if (filter_mixes_and_or(own->filter)) {
        buffer_text(&text, "understood: ");
        filter_print(own->filter, &text);
    }
    const int end = text.length && !text.failed
                        ? canvas_field(canvas, 0, PROMPT_AT, canvas->cols - PROMPT_AT - 1, false,
                                       ROLE_NOTICE, text.data)
                        : PROMPT_AT;
    if (end == PROMPT_AT)
        canvas_text(canvas, 0, PROMPT_AT, ROLE_DIM, KEYS);
    buffer_done(&text);
}

/* In one row, with the current one visible. */
static void draw_completions(const struct screen_filter *own, const struct canvas *canvas)
{
    const struct filter_completions *offered = &own->completions;
    const int end = canvas->cols - 1;
    int widths = 0;
    size_t first = 0;

    for (size_t i = 0; i <= own->completion && i < offered->count; i++) {
        widths += (int)text_width(offered->texts[i]) + 2;
        while (widths > end - PROMPT_AT && first < i && own->completion < offered->count)
            widths -= (int)text_width(offered->texts[first++]) + 2;
    }
    int col = PROMPT_AT;
    for (size_t i = first; i < offered->count && col < end; i++) {
        const unsigned style = i == own->completion ? ROLE_ACCENT | STYLE_SELECTED : ROLE_NORMAL;
        const int width = (int)text_width(offered->texts[i]);
        col = canvas_field(canvas, 0, col, width < end - col ? width : end - col, false, style,
                           offered->texts[i]) +
              2;
    }
}

void screen_filter_draw_below(struct screen *screen, const struct canvas *canvas)
{
    if (screen->filter.completions.count > 1)
        draw_completions(&screen->filter, canvas);
    else if (screen->filter.wrong)
        draw_error(&screen->filter, canvas);
    else
        draw_understood(&screen->filter, canvas);
}

int screen_filter_width(const struct screen *screen)
{
    const struct screen_filter *own = &screen->filter;

    return !own->text[0] || own->open ? 0 : (int)text_width(own->text) + SLASH_CELLS;
}

void screen_filter_draw_tab(const struct screen *screen, const struct canvas *canvas, int col,
                            int end)
{
    char text[PROMPT_MAX + 4], cut[PROMPT_MAX + 4];

    if (screen_filter_width(screen) == 0 || end - col <= SLASH_CELLS)
        return;
    snprintf(text, sizeof(text), "/ %s", screen->filter.text);
    text_cut(cut, sizeof(cut), text, (size_t)(end - col), canvas_ascii(canvas) ? "~" : "…");
    canvas_text_right(canvas, 0, end, ROLE_ACCENT, cut);
}

/* Counted once a frame and filter. */
void screen_filter_count(struct screen *screen, char *out, size_t size)
{
    struct screen_filter *own = &screen->filter;
    const struct picture *picture = &screen->picture;
    const struct frame *frame = picture->frame;
    char shown[32], all[32];

    if (!frame_mark_is(&own->counted_frame, frame) ||
        own->counted_generation != picture->filter_generation) {
        own->counted = 0;
        for (uint32_t i = 0; i < frame->live_count; i++)
            own->counted +=
                picture->accept(picture->accept_data, &picture->context, &frame->conns[i]);
        own->counted_frame = frame_mark_of(frame);
        own->counted_generation = picture->filter_generation;
    }
    text_thousands(shown, sizeof(shown), own->counted);
    text_thousands(all, sizeof(all), frame->totals.live);
    snprintf(out, size, "%s of %s", shown, all);
}

void pane_draw_no_match(const struct canvas *canvas, int row, int col,
                        const struct picture *picture)
{
    char hint[FILTER_HINT_MAX];

    if (filter_hint(picture->accept_data, picture->frame, hint, sizeof(hint)))
        canvas_printf(canvas, row, col, ROLE_DIM, NO_MATCH ": names match as a whole, try %s",
                      hint);
    else
        canvas_text(canvas, row, col, ROLE_DIM, NO_MATCH);
}
