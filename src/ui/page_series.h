/* The series of a page: follows the frames that are shown, forward and back, and requests earlier
 * ones from the history or the log. */
#ifndef TCPLENS_UI_PAGE_SERIES_H
#define TCPLENS_UI_PAGE_SERIES_H

#include "core/series.h"
#include "ui/page.h"
#include "ui/pane/pane.h"
#include "ui/transport.h"

struct page_series {
    struct series_subject subject;
    enum series_reader reader;
    uint32_t frames;      /* wanted, 0 = SERIES_PAGE */
    struct series series; /* ends with the frame shown */
    uint64_t number;      /* of that frame, 0 = none yet */
    uint32_t query;       /* number of the query that is open, 0 = none */
};

/* To be called for a new picture, or when more of the history has been read. */
void page_series_update(struct page_series *series, const struct picture *picture);
void page_series_spark(struct page *page, int cells, unsigned style,
                       const struct page_series *series, enum series_value value);

#endif
