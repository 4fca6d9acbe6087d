/* command: COMMANDS and how keys find their row. Pure. */
#include "ui/command.h"

#include "ui/views.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
#define VIEW_COMMAND(name, title) \
    {.id = COMMAND_VIEW, .argument = VIEW_##name, .keys = {'1' + VIEW_##name}, .group = GROUP_VIEW, .help = (title)},
const struct command COMMANDS[] = {
    {.id = COMMAND_UP, .keys = {'k', KEY_CODE_UP}, .group = GROUP_MOVE, .help = "up one row"},
    {.id = COMMAND_DOWN, .keys = {'j', KEY_CODE_DOWN}, .group = GROUP_MOVE, .help = "down one row"},
    {.id = COMMAND_PAGE_UP, .keys = {KEY_CODE_PAGE_UP}, .group = GROUP_MOVE, .help = "up one page"},
    {.id = COMMAND_PAGE_DOWN, .keys = {KEY_CODE_PAGE_DOWN}, .group = GROUP_MOVE, .help = "down one page"},
    {.id = COMMAND_FIRST, .keys = {'g', KEY_CODE_HOME}, .group = GROUP_MOVE, .help = "first row"},
    {.id = COMMAND_LAST, .keys = {'G', KEY_CODE_END}, .group = GROUP_MOVE, .help = "last row"},
    {.id = COMMAND_OPEN, .keys = {KEY_CODE_ENTER}, .group = GROUP_MOVE, .flags = COMMAND_OPENS, .footer_rank = 4, .label = "Open", .help = "open what is under the cursor"},
    {.id = COMMAND_BACK, .keys = {KEY_CODE_ESCAPE}, .group = GROUP_MOVE, .help = "back to where you were"},
    VIEW_LIST(VIEW_COMMAND)
    {.id = COMMAND_VIEW, .argument = VIEW_FINDINGS, .keys = {'!'}, .group = GROUP_VIEW, .help = "all findings, from the one in the line below the tabs"},
    {.id = COMMAND_INFO, .keys = {'i'}, .group = GROUP_VIEW, .flags = COMMAND_FINDING, .footer_rank = 4, .label = "Meaning", .help = "in Findings: what it means, what was ruled out, what to do"},
    {.id = COMMAND_VIEW_NEXT, .keys = {KEY_CODE_TAB}, .group = GROUP_VIEW, .help = "next view"},
    {.id = COMMAND_HELP, .keys = {'?', KEY_CODE_F(1)}, .group = GROUP_OTHER, .footer_rank = 2, .label = "Help", .help = "this help"},
    {.id = COMMAND_FILTER, .keys = {'/', KEY_CODE_F(4)}, .group = GROUP_VIEW, .footer_rank = 2, .label = "Filter", .help = "filter the rows: a word, or dport 443 and rtt > 50ms"},
    {.id = COMMAND_SORT_LEFT, .keys = {'<'}, .group = GROUP_VIEW, .flags = COMMAND_ROWS, .footer_rank = 3, .label_keys = "<>", .label = "Sort", .help = "sort by the column to the left / right"},
    {.id = COMMAND_SORT_RIGHT, .keys = {'>'}, .group = GROUP_VIEW, .flags = COMMAND_ROWS},
    {.id = COMMAND_SORT_MENU, .keys = {'s', KEY_CODE_F(6)}, .group = GROUP_VIEW, .flags = COMMAND_ROWS, .footer_rank = 7, .label = "Sort by", .help = "choose the sort column from a menu"},
    {.id = COMMAND_COLUMN_LEFT, .keys = {KEY_CODE_LEFT}, .group = GROUP_VIEW, .flags = COMMAND_ROWS, .help = "scroll sideways; \u2039 and \u203a mark columns that do not fit"},
    {.id = COMMAND_COLUMN_RIGHT, .keys = {KEY_CODE_RIGHT}, .group = GROUP_VIEW, .flags = COMMAND_ROWS},
    {.id = COMMAND_REVERSE, .keys = {'r'}, .group = GROUP_VIEW, .flags = COMMAND_ROWS, .footer_rank = 6, .label = "Reverse", .help = "reverse the sort order"},
    {.id = COMMAND_COLUMNS, .keys = {'c'}, .group = GROUP_VIEW, .flags = COMMAND_CHOICE, .footer_rank = 7, .label = "Columns", .help = "choose the columns and their order"},
    {.id = COMMAND_HOSTS, .keys = {'n'}, .group = GROUP_VIEW, .help = "toggle host names (from your resolver) / addresses"},
    {.id = COMMAND_SERVICES, .keys = {'N'}, .group = GROUP_VIEW, .help = "toggle port numbers / service names"},
    {.id = COMMAND_ARGUMENTS, .keys = {'A'}, .group = GROUP_VIEW, .help = "toggle command lines with / without arguments"},
    {.id = COMMAND_FREEZE, .keys = {'o'}, .group = GROUP_VIEW, .flags = COMMAND_ROWS, .footer_rank = 8, .label = "Freeze", .help = "freeze / unfreeze the order: new rows are added last"},
    {.id = COMMAND_EVENTS_OF, .keys = {'e'}, .group = GROUP_VIEW, .help = "events of the connection or process"},
    {.id = COMMAND_PORTS, .keys = {'P'}, .group = GROUP_VIEW, .help = "in Peers: by host / by host and port"},
    {.id = COMMAND_OTHER_END, .keys = {'O'}, .group = GROUP_VIEW, .help = "go to the other end of the connection, if on this machine"},
    {.id = COMMAND_SPLIT, .keys = {'v'}, .group = GROUP_VIEW, .help = "split pane: graph, events (from 160 columns or 37 rows)"},
    {.id = COMMAND_FOLD, .keys = {'z'}, .group = GROUP_VIEW, .help = "on the page of a connection: show / fold groups of zeros"},
    {.id = COMMAND_TAG, .keys = {' '}, .group = GROUP_ACT, .footer_rank = 10, .label = "Tag", .help = "tag / untag a connection"},
    {.id = COMMAND_UNTAG, .keys = {'U'}, .group = GROUP_ACT, .help = "untag all"},
    {.id = COMMAND_SIGNAL, .keys = {'K', KEY_CODE_F(9)}, .group = GROUP_ACT, .footer_rank = 4, .label_keys = "F9", .label = "Kill", .help = "signal the process, or those of tagged rows or a finding"},
    {.id = COMMAND_CLOSE, .keys = {'X', KEY_CODE_F(8)}, .group = GROUP_ACT, .footer_rank = 5, .label_keys = "F8", .label = "Close", .help = "close the connection, all tagged ones or those of a finding"},
    {.id = COMMAND_COPY, .keys = {'y'}, .group = GROUP_ACT, .help = "copy the row (OSC 52)"},
    {.id = COMMAND_PAUSE, .keys = {'p'}, .group = GROUP_TIME, .footer_rank = 4, .label = "Pause", .help = "pause / resume; nothing is lost meanwhile"},
    {.id = COMMAND_SLOWER, .keys = {'+'}, .group = GROUP_TIME, .footer_rank = 9, .label_keys = "+-", .label = "Interval", .help = "longer / shorter refresh interval; replay: faster / slower"},
    {.id = COMMAND_FASTER, .keys = {'-'}, .group = GROUP_TIME},
    {.id = COMMAND_FRAME_BACK, .keys = {'['}, .group = GROUP_TIME, .footer_rank = 10, .label_keys = "[]", .label = "Frame", .help = "one frame back / forward, in the history or a log"},
    {.id = COMMAND_FRAME_FORTH, .keys = {']'}, .group = GROUP_TIME},
    {.id = COMMAND_EVENT_BACK, .keys = {'{'}, .group = GROUP_TIME, .help = "previous / next event; finding in Findings; match after &"},
    {.id = COMMAND_EVENT_FORTH, .keys = {'}'}, .group = GROUP_TIME},
    {.id = COMMAND_LAYER, .keys = {'b'}, .group = GROUP_TIME, .help = "time bar: events, retransmitted, bytes, CLOSE-WAIT, drops"},
    {.id = COMMAND_WHEN, .keys = {'&'}, .group = GROUP_TIME, .help = "go to where a filter begins to match: accept_queue > 100"},
    {.id = COMMAND_GO_TO, .keys = {'@', 't'}, .group = GROUP_TIME, .help = "go to a time: 14:03, 14:03:10, -5m, 2026-11-22 14:03"},
    {.id = COMMAND_NOW, .keys = {'L'}, .group = GROUP_TIME, .help = "return to live (end of a log)"},
    {.id = COMMAND_RECORD, .keys = {'R'}, .group = GROUP_TIME, .footer_rank = 8, .label = "Record", .help = "start / stop recording to a log"},
    {.id = COMMAND_REPAINT, .keys = {KEY_CODE_CONTROL('L')}, .group = GROUP_TIME, .help = "refresh now and repaint all"},
    {.id = COMMAND_THEME, .keys = {'T'}, .group = GROUP_OTHER, .help = "next theme: dark, light, safe, mono, contrast, yours"},
    {.id = COMMAND_GRAPH, .keys = {'H'}, .group = GROUP_OTHER, .help = "show / hide the traffic graph in the header"},
    {.id = COMMAND_KEEP, .keys = {'w'}, .group = GROUP_OTHER, .help = "save columns, sort, theme, interval, names; ww replaces"},
    {.id = COMMAND_QUIT, .keys = {'q', KEY_CODE_F(10)}, .group = GROUP_OTHER, .footer_rank = 1, .label = "Quit", .help = "quit"},
};
/* clang-format on */
const size_t command_count = sizeof(COMMANDS) / sizeof(COMMANDS[0]);

const char *const COMMAND_GROUPS[GROUP_COUNT] = {
    [GROUP_MOVE] = "Movement", [GROUP_VIEW] = "View, filter and sort",
    [GROUP_TIME] = "Time",     [GROUP_ACT] = "Actions",
    [GROUP_OTHER] = "Other",
};

const struct command *command_for_key(uint32_t code)
{
    for (size_t i = 0; i < command_count; i++)
        for (size_t k = 0; k < 4 && COMMANDS[i].keys[k]; k++)
            if (COMMANDS[i].keys[k] == code)
                return &COMMANDS[i];
    return NULL;
}

static size_t append_keys(char *out, size_t size, size_t at, const struct command *command,
                          bool ascii)
{
    for (size_t k = 0; k < 4 && command->keys[k] && at + 2 < size; k++) {
        if (at > 0)
            out[at++] = ' ';
        size_t length = key_text(out + at, size - at, command->keys[k], ascii);
        at += length < size - at ? length : size - at - 1;
    }
    out[at] = '\0';
    return at;
}

size_t command_keys(char *out, size_t size, const struct command *command, bool ascii)
{
    const struct command *end = COMMANDS + command_count;
    size_t at = append_keys(out, size, 0, command, ascii);
    for (command++; command < end && !command->help; command++)
        at = append_keys(out, size, at, command, ascii);
    return at;
}
