/* prompt: a one-line editor with history. Pure but for its drawing, which goes through canvas. */
#include "ui/prompt.h"

#include "core/text/text.h"

#include <stdlib.h>
#include <string.h>

void prompt_init(struct prompt *prompt)
{
    memset(prompt, 0, sizeof(*prompt));
}

void prompt_done(struct prompt *prompt)
{
    for (size_t i = 0; i < prompt->history_count; i++)
        free(prompt->history[i]);
    memset(prompt, 0, sizeof(*prompt));
}

void prompt_set(struct prompt *prompt, const char *text)
{
    size_t length = strlen(text);
    if (length >= PROMPT_MAX)
        length = 0;
    memmove(prompt->text, text, length);
    prompt->text[length] = '\0';
    prompt->length = prompt->cursor = length;
    prompt->selected = false;
}

void prompt_select(struct prompt *prompt)
{
    prompt->selected = prompt->length > 0;
}

void prompt_remember(struct prompt *prompt, const char *line)
{
    size_t count = prompt->history_count;
    bool repeated = count > 0 && strcmp(prompt->history[count - 1], line) == 0;
    prompt->history_at = count;
    char *copy = *line && !repeated ? strdup(line) : NULL;
    if (!copy)
        return;
    if (count == PROMPT_HISTORY) {
        free(prompt->history[0]);
        memmove(prompt->history, prompt->history + 1, (count - 1) * sizeof(prompt->history[0]));
        count--;
    }
    prompt->history[count] = copy;
    prompt->history_count = prompt->history_at = count + 1;
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t before(const struct prompt *prompt, size_t at)
{
    while (at > 0) {
        at--;
        if (!continues(prompt->text[at]))
            break;
    }
    return at;
}

static size_t after(const struct prompt *prompt, size_t at)
{
    while (at < prompt->length) {
        at++;
        if (!continues(prompt->text[at]))
            break;
    }
    return at;
}

static size_t word_before(const struct prompt *prompt, size_t at)
{
    while (at > 0 && prompt->text[at - 1] == ' ')
        at--;
    while (at > 0 && prompt->text[at - 1] != ' ')
        at--;
    return at;
}

static enum prompt_result cut(struct prompt *prompt, size_t from, size_t to)
{
    if (from == to)
        return PROMPT_MOVED;
    memmove(prompt->text + from, prompt->text + to, prompt->length - to + 1);
    prompt->length -= to - from;
    prompt->cursor = from;
    return PROMPT_EDITED;
}

void prompt_replace(struct prompt *prompt, size_t from, const char *text)
{
    const size_t length = strlen(text);
    if (from > prompt->cursor || prompt->length - (prompt->cursor - from) + length >= PROMPT_MAX)
        return;
    cut(prompt, from, prompt->cursor);
    memmove(prompt->text + from + length, prompt->text + from, prompt->length - from + 1);
    memcpy(prompt->text + from, text, length);
    prompt->length += length;
    prompt->cursor = from + length;
    prompt->selected = false;
}

static enum prompt_result insert(struct prompt *prompt, uint32_t code)
{
    char bytes[5], safe[TEXT_CLEAN_MAX(4)];
    size_t length = key_utf8(bytes, code);
    text_clean(safe, sizeof(safe), bytes, length);
    if (code < 32 || length == 0)
        return PROMPT_IGNORED;
    if (strcmp(safe, bytes) != 0 || prompt->length + length >= PROMPT_MAX)
        return PROMPT_MOVED;
    memmove(prompt->text + prompt->cursor + length, prompt->text + prompt->cursor,
            prompt->length - prompt->cursor + 1);
    memcpy(prompt->text + prompt->cursor, bytes, length);
    prompt->length += length;
    prompt->cursor += length;
    return PROMPT_EDITED;
}

static enum prompt_result recall(struct prompt *prompt, size_t at)
{
    if (at > prompt->history_count || at == prompt->history_at)
        return PROMPT_MOVED;
    if (prompt->history_at == prompt->history_count)
        memcpy(prompt->draft, prompt->text, prompt->length + 1);
    prompt->history_at = at;
    prompt_set(prompt, at == prompt->history_count ? prompt->draft : prompt->history[at]);
    return PROMPT_EDITED;
}

static enum prompt_result move_to(struct prompt *prompt, size_t cursor)
{
    prompt->cursor = cursor;
    return PROMPT_MOVED;
}

static enum prompt_result key_left(struct prompt *prompt)
{
    return move_to(prompt, before(prompt, prompt->cursor));
}

static enum prompt_result key_right(struct prompt *prompt)
{
    return move_to(prompt, after(prompt, prompt->cursor));
}

static enum prompt_result key_home(struct prompt *prompt)
{
    return move_to(prompt, 0);
}

static enum prompt_result key_end(struct prompt *prompt)
{
    return move_to(prompt, prompt->length);
}

static enum prompt_result key_erase(struct prompt *prompt)
{
    return cut(prompt, before(prompt, prompt->cursor), prompt->cursor);
}

static enum prompt_result key_delete(struct prompt *prompt)
{
    return cut(prompt, prompt->cursor, after(prompt, prompt->cursor));
}

static enum prompt_result key_erase_word(struct prompt *prompt)
{
    return cut(prompt, word_before(prompt, prompt->cursor), prompt->cursor);
}

static enum prompt_result key_erase_line(struct prompt *prompt)
{
    return cut(prompt, 0, prompt->cursor);
}

static enum prompt_result key_erase_rest(struct prompt *prompt)
{
    return cut(prompt, prompt->cursor, prompt->length);
}

static enum prompt_result key_older(struct prompt *prompt)
{
    return recall(prompt, prompt->history_at > 0 ? prompt->history_at - 1 : 0);
}

static enum prompt_result key_newer(struct prompt *prompt)
{
    return recall(prompt, prompt->history_at + 1);
}

static enum prompt_result key_accept(struct prompt *prompt)
{
    prompt_remember(prompt, prompt->text);
    return PROMPT_ACCEPTED;
}

static enum prompt_result key_cancel(struct prompt *prompt)
{
    prompt->history_at = prompt->history_count;
    return PROMPT_CANCELLED;
}

struct prompt_binding {
    uint32_t code;
    enum prompt_result (*act)(struct prompt *prompt);
};

static const struct prompt_binding BINDINGS[] = {
    {KEY_CODE_LEFT, key_left},
    {KEY_CODE_RIGHT, key_right},
    {KEY_CODE_HOME, key_home},
    {KEY_CODE_END, key_end},
    {KEY_CODE_BACKSPACE, key_erase},
    {KEY_CODE_DELETE, key_delete},
    {KEY_CODE_UP, key_older},
    {KEY_CODE_DOWN, key_newer},
    {KEY_CODE_ENTER, key_accept},
    {KEY_CODE_ESCAPE, key_cancel},
    {KEY_CODE_CONTROL('A'), key_home},
    {KEY_CODE_CONTROL('B'), key_left},
    {KEY_CODE_CONTROL('D'), key_delete},
    {KEY_CODE_CONTROL('E'), key_end},
    {KEY_CODE_CONTROL('F'), key_right},
    {KEY_CODE_CONTROL('K'), key_erase_rest},
    {KEY_CODE_CONTROL('N'), key_newer},
    {KEY_CODE_CONTROL('P'), key_older},
    {KEY_CODE_CONTROL('U'), key_erase_line},
    {KEY_CODE_CONTROL('W'), key_erase_word},
};

static bool types(uint32_t code)
{
    char bytes[5];
    return code >= 32 && key_utf8(bytes, code) > 0;
}

/* The first key after a selection: a character replaces the text, erasing keys erase all of it, and
 * any other key keeps it. */
static enum prompt_result key_on_selection(struct prompt *prompt, const struct key *key)
{
    static const uint32_t ERASING[] = {KEY_CODE_BACKSPACE,    KEY_CODE_DELETE,
                                       KEY_CODE_CONTROL('D'), KEY_CODE_CONTROL('K'),
                                       KEY_CODE_CONTROL('U'), KEY_CODE_CONTROL('W')};
    for (size_t i = 0; i < sizeof(ERASING) / sizeof(ERASING[0]); i++)
        if (ERASING[i] == key->code)
            return cut(prompt, 0, prompt->length);
    if (types(key->code))
        cut(prompt, 0, prompt->length);
    return PROMPT_IGNORED;
}

enum prompt_result prompt_key(struct prompt *prompt, const struct key *key)
{
    const bool was_selected = prompt->selected;
    prompt->selected = false;
    if (was_selected && key_on_selection(prompt, key) == PROMPT_EDITED)
        return PROMPT_EDITED;
    for (size_t i = 0; i < sizeof(BINDINGS) / sizeof(BINDINGS[0]); i++)
        if (BINDINGS[i].code == key->code)
            return BINDINGS[i].act(prompt);
    return insert(prompt, key->code);
}

void prompt_draw(const struct prompt *prompt, const struct canvas *canvas, int row, int col,
                 int cells, unsigned style)
{
    char head[PROMPT_MAX];
    memcpy(head, prompt->text, prompt->cursor);
    head[prompt->cursor] = '\0';
    const char *shown = head;
    while (*shown && (int)text_width(shown) >= cells) {
        uint32_t code;
        unsigned width;
        shown += text_next(shown, &code, &width);
    }
    struct canvas field = canvas_part(canvas, row, col, 1, cells);
    const unsigned text_style = style | (prompt->selected ? STYLE_REVERSE : 0u);
    canvas_fill(&field, 0, 0, cells, style);
    int at = canvas_text(&field, 0, 0, text_style, shown);
    canvas_text(&field, 0, at, text_style, prompt->text + prompt->cursor);
    canvas_cursor(&field, 0, at);
}
