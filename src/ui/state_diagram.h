/* state_diagram: the RFC 9293 diagram as tables of boxes and arrows, its layout for a canvas and
 * the drawing of its lines. */
#ifndef TCPLENS_UI_STATE_DIAGRAM_H
#define TCPLENS_UI_STATE_DIAGRAM_H

#include "core/state.h"
#include "ui/canvas.h"

enum place { LEFT, MIDDLE, CENTRE, RIGHT }; /* columns of the diagram, from the left */

struct box {
    uint8_t state;
    uint8_t level;
    uint8_t place;
};

enum box_id {
    BOX_CLOSED,
    BOX_LISTEN,
    BOX_SYN_SENT,
    BOX_SYN_RECEIVED,
    BOX_ESTABLISHED,
    BOX_CLOSING,
    BOX_FIN_WAIT_1,
    BOX_CLOSE_WAIT,
    BOX_FIN_WAIT_2,
    BOX_LAST_ACK,
    BOX_TIME_WAIT,
    BOX_END,
    BOX_COUNT
};

extern const struct box BOXES[BOX_COUNT];

enum route {
    ROUTE_DOWN,      /* straight from box to box below, label at the right */
    ROUTE_DOWN_LEFT, /* the same, label at the left */
    ROUTE_SIDE,      /* straight to the box beside */
    ROUTE_OVER_DOWN, /* from the side of the first along, then down on the second */
    ROUTE_DOWN_OVER, /* down from the first, then into the side of the second */
    ROUTE_STEP,      /* out below at the right, along, and down on the second */
};

struct arrow {
    uint8_t from, to;      /* enum tcp_state; from STATE_NONE or CLOSED: it was opened */
    uint8_t first, second; /* enum box_id */
    uint8_t route;
    const char *label;
};

#define ARROW_COUNT 14
extern const struct arrow ARROWS[ARROW_COUNT];

enum weight { WEIGHT_LIGHT, WEIGHT_HEAVY, WEIGHT_DOUBLE, WEIGHT_COUNT }; /* of a line */

struct layout {
    int box_rows, box_cells, pitch;
    int left[4]; /* by enum place */
};

struct rectangle {
    int top, left, rows, cols;
};

/* False if the canvas is too small for the diagram. */
bool diagram_layout(struct layout *layout, const struct canvas *canvas);
struct rectangle diagram_place(const struct layout *layout, uint8_t box);
/* The line, its head and its label with the rate ("" = none) as far as there is room. Boxes are
 * drawn after all arrows. */
void diagram_draw_arrow(const struct canvas *canvas, const struct layout *layout, size_t arrow,
                        bool lit, enum weight weight, const char *rate);
/* From any state to CLOSED: drawn from ESTABLISHED up. */
void diagram_draw_resets(const struct canvas *canvas, const struct layout *layout, bool lit,
                         const char *rate);

#endif
