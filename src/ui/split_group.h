/* What the split pane shows of a group, say of a peer: its connections by state, and those that
 * carry most. */
#ifndef TCPLENS_UI_SPLIT_GROUP_H
#define TCPLENS_UI_SPLIT_GROUP_H

#include "core/grouping/grouping.h"
#include "ui/page.h"
#include "ui/pane/pane.h"

#define SPLIT_GROUP_ROWS 32u

struct split_group {
    uint32_t states[STATE_COUNT];
    const struct conn *top[SPLIT_GROUP_ROWS]; /* of the picture's frame; most traffic first */
    uint32_t count, rows;                     /* of `top`; of the group */
};

struct split_group split_group_count(const struct grouping_member *member,
                                     const struct picture *picture);
void split_group_draw_states(const struct split_group *group, struct page *text);
/* As many as there is room for. */
void split_group_draw_rows(const struct split_group *group, const struct picture *picture,
                           struct page *text);

#endif
