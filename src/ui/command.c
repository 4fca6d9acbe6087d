/* command: COMMANDS and how keys find their row. Pure. */
#include "ui/command.h"

#include <stdio.h>
#include <string.h>

const struct command COMMANDS[] = {
    {COMMAND_UP, 0, {'k', KEY_CODE_UP}, GROUP_MOVE, 0, 0, NULL, NULL, "up one row"},
    {COMMAND_DOWN, 0, {'j', KEY_CODE_DOWN}, GROUP_MOVE, 0, 0, NULL, NULL, "down one row"},
    {COMMAND_PAGE_UP, 0, {KEY_CODE_PAGE_UP}, GROUP_MOVE, 0, 0, NULL, NULL, "up one page"},
    {COMMAND_PAGE_DOWN, 0, {KEY_CODE_PAGE_DOWN}, GROUP_MOVE, 0, 0, NULL, NULL, "down one page"},
    {COMMAND_FIRST, 0, {'g', KEY_CODE_HOME}, GROUP_MOVE, 0, 0, NULL, NULL, "first row"},
    {COMMAND_LAST, 0, {'G', KEY_CODE_END}, GROUP_MOVE, 0, 0, NULL, NULL, "last row"},
    {COMMAND_OPEN,
     0,
     {KEY_CODE_ENTER},
     GROUP_MOVE,
     0,
     4,
     NULL,
     "Open",
     "open what is under the cursor"},
    {COMMAND_BACK, 0, {KEY_CODE_ESCAPE}, GROUP_MOVE, 0, 0, NULL, NULL, "back to where you were"},
    {COMMAND_VIEW, 0, {'1'}, GROUP_VIEW, 0, 0, NULL, NULL, "Connections"},
    {COMMAND_VIEW, 1, {'2'}, GROUP_VIEW, 0, 0, NULL, NULL, "Processes"},
    {COMMAND_VIEW, 2, {'3'}, GROUP_VIEW, 0, 0, NULL, NULL, "Listeners"},
    {COMMAND_VIEW, 3, {'4'}, GROUP_VIEW, 0, 0, NULL, NULL, "Peers"},
    {COMMAND_VIEW, 4, {'5'}, GROUP_VIEW, 0, 0, NULL, NULL, "Events"},
    {COMMAND_VIEW, 5, {'6'}, GROUP_VIEW, 0, 0, NULL, NULL, "States"},
    {COMMAND_VIEW_NEXT, 0, {KEY_CODE_TAB}, GROUP_VIEW, 0, 0, NULL, NULL, "next view"},
    {COMMAND_HELP, 0, {'?', KEY_CODE_F(1)}, GROUP_OTHER, 0, 2, NULL, "Help", "this help"},
    {COMMAND_FILTER,
     0,
     {'/', KEY_CODE_F(4)},
     GROUP_VIEW,
     0,
     2,
     NULL,
     "Filter",
     "show some rows only: a word, or dport 443 and rtt > 50ms"},
    {COMMAND_SORT_LEFT,
     0,
     {'<'},
     GROUP_VIEW,
     0,
     3,
     "<>",
     "Sort",
     "sort by the column to the left, right"},
    {COMMAND_SORT_RIGHT, 0, {'>'}, GROUP_VIEW, 0, 0, NULL, NULL, NULL},
    {COMMAND_SORT_MENU,
     0,
     {'s', KEY_CODE_F(6)},
     GROUP_VIEW,
     0,
     6,
     NULL,
     "Sort by",
     "choose the sort column from a list"},
    {COMMAND_REVERSE, 0, {'r'}, GROUP_VIEW, 0, 5, NULL, "Reverse", "reverse the order"},
    {COMMAND_COLUMNS,
     0,
     {'c'},
     GROUP_VIEW,
     0,
     6,
     NULL,
     "Columns",
     "choose the columns and their order"},
    {COMMAND_HOSTS,
     0,
     {'n'},
     GROUP_VIEW,
     0,
     0,
     NULL,
     NULL,
     "host names, by your resolver, or addresses"},
    {COMMAND_SERVICES,
     0,
     {'N'},
     GROUP_VIEW,
     0,
     0,
     NULL,
     NULL,
     "ports by service name or by number"},
    {COMMAND_FREEZE,
     0,
     {'o'},
     GROUP_VIEW,
     0,
     7,
     NULL,
     "Freeze",
     "freeze the order: rows stay, new ones come last"},
    {COMMAND_TAG, 0, {' '}, GROUP_ACT, 0, 9, NULL, "Tag", "tag a connection, or untag it"},
    {COMMAND_UNTAG, 0, {'U'}, GROUP_ACT, 0, 0, NULL, NULL, "untag all"},
    {COMMAND_SIGNAL,
     0,
     {'K', KEY_CODE_F(9)},
     GROUP_ACT,
     0,
     4,
     "F9",
     "Kill",
     "signal the process, or those of all tagged connections"},
    {COMMAND_CLOSE,
     0,
     {'X', KEY_CODE_F(8)},
     GROUP_ACT,
     0,
     5,
     "F8",
     "Close",
     "close the connection, or all tagged ones"},
    {COMMAND_COPY, 0, {'y'}, GROUP_ACT, 0, 0, NULL, NULL, "copy the row (OSC 52)"},
    {COMMAND_PAUSE,
     0,
     {'p'},
     GROUP_TIME,
     0,
     4,
     NULL,
     "Pause",
     "pause and go on; nothing is lost meanwhile"},
    {COMMAND_SLOWER,
     0,
     {'+'},
     GROUP_TIME,
     0,
     8,
     "+-",
     "Interval",
     "longer, shorter interval between two frames"},
    {COMMAND_FASTER, 0, {'-'}, GROUP_TIME, 0, 0, NULL, NULL, NULL},
    {COMMAND_REPAINT,
     0,
     {KEY_CODE_CONTROL('L')},
     GROUP_TIME,
     0,
     0,
     NULL,
     NULL,
     "a new frame at once, all painted again"},
    {COMMAND_THEME,
     0,
     {'T'},
     GROUP_OTHER,
     0,
     0,
     NULL,
     NULL,
     "next theme: dark, light, colour-blind safe, mono"},
    {COMMAND_KEEP,
     0,
     {'w'},
     GROUP_OTHER,
     0,
     0,
     NULL,
     NULL,
     "save columns, sort, theme, interval and names as settings"},
    {COMMAND_QUIT, 0, {'q', KEY_CODE_F(10)}, GROUP_OTHER, 0, 1, NULL, "Quit", "quit"},
};
const size_t command_count = sizeof(COMMANDS) / sizeof(COMMANDS[0]);

const char *const COMMAND_GROUPS[GROUP_COUNT] = {
    [GROUP_MOVE] = "Moving", [GROUP_VIEW] = "What is shown, and in which order",
    [GROUP_TIME] = "Time",   [GROUP_ACT] = "Acting",
    [GROUP_OTHER] = "More",
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
