/* scroll: what moves, and how far. */
#include "ui/scroll.h"

#define WHEEL_ROWS 3
#define ALL_ROWS   (INT64_C(1) << 40)

bool scroll_command(const struct command *command, int64_t page, int64_t *rows)
{
    const struct {
        enum command_id id;
        int64_t rows;
    } moves[] = {
        {COMMAND_UP, -1},          {COMMAND_DOWN, 1},          {COMMAND_PAGE_UP, -page},
        {COMMAND_PAGE_DOWN, page}, {COMMAND_FIRST, -ALL_ROWS}, {COMMAND_LAST, ALL_ROWS},
    };

    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].id == command->id) {
            *rows = moves[i].rows;
            return true;
        }
    return false;
}

bool scroll_wheel(const struct key *key, int64_t *rows)
{
    if (key->code != KEY_CODE_WHEEL_UP && key->code != KEY_CODE_WHEEL_DOWN)
        return false;
    *rows = key->code == KEY_CODE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
    return true;
}
