/* COMMANDS: everything a key can do: id, keys, group, help, footer label, what it needs. Keys,
 * help screen and footer read this table; adding a command means adding a row (and its id). Pure.
 */
#ifndef TCPLENS_UI_COMMAND_H
#define TCPLENS_UI_COMMAND_H

#include "ui/key/key.h"

enum command_id {
    COMMAND_NONE = 0,
    COMMAND_DOWN,
    COMMAND_UP,
    COMMAND_PAGE_DOWN,
    COMMAND_PAGE_UP,
    COMMAND_FIRST,
    COMMAND_LAST,
    COMMAND_OPEN,
    COMMAND_INFO,
    COMMAND_BACK,
    COMMAND_VIEW, /* argument: enum view_id */
    COMMAND_VIEW_NEXT,
    COMMAND_FILTER,
    COMMAND_SORT_MENU,
    COMMAND_SORT_LEFT,
    COMMAND_SORT_RIGHT,
    COMMAND_COLUMN_LEFT,
    COMMAND_COLUMN_RIGHT,
    COMMAND_REVERSE,
    COMMAND_COLUMNS,
    COMMAND_FREEZE,
    COMMAND_FOLD,
    COMMAND_SPLIT,
    COMMAND_EVENTS_OF,
    COMMAND_PORTS,
    COMMAND_OTHER_END,
    COMMAND_PAUSE,
    COMMAND_SLOWER,
    COMMAND_FASTER,
    COMMAND_FRAME_BACK,
    COMMAND_FRAME_FORTH,
    COMMAND_EVENT_BACK,
    COMMAND_EVENT_FORTH,
    COMMAND_LAYER,
    COMMAND_WHEN,
    COMMAND_GO_TO,
    COMMAND_NOW,
    COMMAND_RECORD,
    COMMAND_REPAINT,
    COMMAND_TAG,
    COMMAND_UNTAG,
    COMMAND_SIGNAL,
    COMMAND_CLOSE,
    COMMAND_COPY,
    COMMAND_SERVICES,
    COMMAND_HOSTS,
    COMMAND_ARGUMENTS,
    COMMAND_THEME,
    COMMAND_GRAPH,
    COMMAND_KEEP,
    COMMAND_HELP,
    COMMAND_QUIT
};

enum command_group { GROUP_MOVE, GROUP_VIEW, GROUP_TIME, GROUP_ACT, GROUP_OTHER, GROUP_COUNT };

enum command_flag {
    COMMAND_OPENS = 1u << 0,  /* needs something to open */
    COMMAND_ROWS = 1u << 1,   /* needs rows that can be sorted */
    COMMAND_CHOICE = 1u << 2, /* needs columns that can be chosen */
    COMMAND_FINDING = 1u << 3 /* needs a finding under the cursor; elsewhere not in the footer */
};

struct command {
    enum command_id id;
    int argument;
    uint32_t keys[4]; /* 0-terminated unless full */
    enum command_group group;
    uint32_t flags;         /* enum command_flag */
    uint8_t footer_rank;    /* 1 is dropped last from a narrow footer; 0: not in the footer */
    const char *label_keys; /* keys shown before the label; NULL = the first key */
    const char *label;      /* in the footer */
    const char *help;       /* one line, for the help screen; NULL: covered by the row before */
};

extern const struct command COMMANDS[];
extern const size_t command_count;
extern const char *const COMMAND_GROUPS[GROUP_COUNT]; /* titles on the help screen */

const struct command *command_for_key(uint32_t code); /* NULL: none */
/* "j ↓" or "Space": all keys of a command and of the rows that its help covers, separated by
 * blanks. */
size_t command_keys(char *out, size_t size, const struct command *command, bool ascii);

#endif
