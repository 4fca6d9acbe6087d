/* The views, in the order of the tabs. A row here makes the tab, its number key and its line of the
 * help screen; a view is a pane_ops PANE_<name> in a file of its own. */
#ifndef TCPLENS_UI_VIEWS_H
#define TCPLENS_UI_VIEWS_H

/* clang-format off */
#define VIEW_LIST(VIEW) \
    VIEW(CONNECTIONS, "Connections") \
    VIEW(PROCESSES, "Processes") \
    VIEW(LISTENERS, "Listeners") \
    VIEW(PEERS, "Peers") \
    VIEW(EVENTS, "Events") \
    VIEW(STATES, "States") \
    VIEW(FINDINGS, "Findings") \
    VIEW(NAMESPACES, "Namespaces") \
    VIEW(HOSTS, "Hosts")
/* clang-format on */

enum view_id {
#define VIEW_ID(name, title) VIEW_##name,
    VIEW_LIST(VIEW_ID)
#undef VIEW_ID
        VIEW_COUNT
};
_Static_assert(VIEW_COUNT <= 9, "a view needs a digit as its key");

struct pane_ops;
#define VIEW_PANE(name, title) extern const struct pane_ops PANE_##name;
VIEW_LIST(VIEW_PANE)
#undef VIEW_PANE

struct view_tab {
    const char *title;
    const struct pane_ops *ops;
};
extern const struct view_tab VIEWS[VIEW_COUNT];

#endif
