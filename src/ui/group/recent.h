/* The state of groups in the last minutes: from the frames that are shown, and earlier ones from
 * the history or the log. */
#ifndef TCPLENS_UI_GROUP_RECENT_H
#define TCPLENS_UI_GROUP_RECENT_H

#include "core/grouping/heat.h"
#include "ui/pane/pane.h"

struct recent {
    struct heat *heat;  /* NULL: no frame yet, or out of memory */
    struct heat *older; /* being filled by another thread */
    uint32_t query;     /* its number, 0 = none */
    uint64_t number;    /* of the last frame taken */
};

void recent_done(struct recent *recent);
/* To be called for a new picture, or when more of the history has been read. */
void recent_update(struct recent *recent, const struct grouping_kind *kind,
                   const struct picture *picture);
/* As many of the newest as there are cells, the newest at the right. */
void recent_draw(const struct recent *recent, const struct picture *picture, uint64_t key,
                 const struct canvas *canvas, int row, int col, int cells, unsigned layer);

#endif
