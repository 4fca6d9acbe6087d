/* Facts by which groups are drawn and sorted. Facts of several views are here, those of one view in
 * its file. */
#ifndef TCPLENS_UI_GROUP_FACTS_H
#define TCPLENS_UI_GROUP_FACTS_H

#include "core/finding/finding.h"
#include "core/grouping/grouping.h"
#include "ui/pane/pane.h"

enum group_spark { GROUP_SPARK_NONE, GROUP_SPARK_IN, GROUP_SPARK_OUT };

struct group_fact {
    const char *title, *help; /* help: one line, for the help page and the sort menu */
    bool right;
    bool descending; /* first press of sort: largest first */
    /* True: the cell is drawn as a problem. NULL: never. */
    bool (*alarms)(const struct grouping_row *row);
    enum group_spark spark; /* beside the number, if there is room */
    bool bar;               /* drawn as a bar of grouping_queue_permille() followed by the text */
    bool counted;           /* a figure of its rows: not known where they were never read */
    bool address;           /* where it is cut it keeps its port */
    bool spills; /* for a row that was never read: drawn last, over the rest of the line */
    bool heat;   /* drawn as the levels of the last minutes (core/grouping/heat.h) */
    /* The sort key; equal keys are compared by text. NULL: by text. */
    uint64_t (*key)(const struct picture *picture, const struct grouping_row *row);
    void (*text)(const struct picture *picture, const struct grouping_row *row, char *out,
                 size_t size); /* "" = unknown */
};

extern const struct group_fact GROUP_USER, GROUP_UNIT, GROUP_CONNS, GROUP_ESTABLISHED,
    GROUP_LISTENING, GROUP_CLOSE_WAIT, GROUP_TIME_WAIT, GROUP_IN, GROUP_OUT, GROUP_RETRANSMITTED,
    GROUP_RETRANSMITTED_SHARE, GROUP_OPENED, GROUP_ACCEPTED, GROUP_OLDEST;

/* Whether the finding is about the row. */
typedef bool group_is_subject(const struct picture *picture, const struct grouping_row *row,
                              const struct finding_subject *subject);
/* Present findings about the row; as text, with the id of the worst first. */
uint64_t group_findings_count(const struct picture *picture, const struct grouping_row *row,
                              group_is_subject *is_subject);
void group_findings_text(const struct picture *picture, const struct grouping_row *row,
                         group_is_subject *is_subject, char *out, size_t size);
/* The process, or a connection, of a group; NULL if there is none. */
const struct proc *group_proc(const struct picture *picture, const struct grouping_row *row);
const struct conn *group_conn(const struct picture *picture, const struct grouping_row *row);
/* Key of an address by number, as the Connections view orders it; column: "local" or "remote". */
uint64_t group_end_key(const struct picture *picture, const struct grouping_row *row,
                       const char *column);

#endif
