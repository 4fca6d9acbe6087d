/* Namespaces: the network namespaces that are shown, where there are several. */
#include "core/text/text.h"
#include "ui/group/pane.h"
#include "ui/pages.h"
#include "ui/views.h"

#include <stdio.h>

static uint32_t key_of(const struct picture *picture, const struct grouping_row *row)
{
    return group_conn(picture, row)->netns;
}

static const struct frame_netns *netns_of(const struct picture *picture,
                                          const struct grouping_row *row)
{
    return frame_find_netns(picture->frame, key_of(picture, row));
}

static void name_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const struct frame_netns *netns = netns_of(picture, row);

    const struct frame_host *host = frame_host_of(picture->frame, key_of(picture, row));

    if (host && netns)
        snprintf(out, size, "%s on %s", netns->name[0] ? netns->name : "?", host->name);
    else if (netns && netns->name[0])
        snprintf(out, size, "%s%s", netns->name, netns->is_own ? " (ours)" : "");
    else
        snprintf(out, size, "%u", key_of(picture, row));
}

static const struct group_fact NAME = {.title = "NAMESPACE",
                                       .help = "name of the network namespace, or its inode number",
                                       .text = name_text};

/* A namespace without a name belongs to a process. */
static void kind_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const struct frame_netns *netns = netns_of(picture, row);
    const char *word = netns ? words_name(&NETNS_KIND_WORDS, netns->kind) : NULL;

    if (netns && netns->kind == NETNS_KIND_PROCESS && netns->pid)
        snprintf(out, size, "%s %d", word, (int)netns->pid);
    else
        snprintf(out, size, "%s", word ? word : "");
}

static const struct group_fact KIND = {
    .title = "KIND",
    .help = "what it belongs to: a container, a pod, a name of ip netns, or a process",
    .text = kind_text};

static uint64_t processes_key(const struct picture *picture, const struct grouping_row *row)
{
    const struct frame_netns *netns = netns_of(picture, row);
    return netns ? netns->processes : 0;
}

static void processes_text(const struct picture *picture, const struct grouping_row *row, char *out,
                           size_t size)
{
    const uint64_t processes = processes_key(picture, row);

    out[0] = '\0';
    if (processes)
        text_count(out, size, processes);
}

static const struct group_fact PROCESSES = {.title = "PROCESSES",
                                            .help = "processes in it, with sockets or without",
                                            .right = true,
                                            .descending = true,
                                            .key = processes_key,
                                            .text = processes_text};

#define NEVER UINT64_MAX

static uint64_t read_key(const struct picture *picture, const struct grouping_row *row)
{
    const struct frame *frame = picture->frame;
    const struct frame_netns *netns = netns_of(picture, row);

    if (!netns || netns->read_ns >= frame->mono_ns)
        return 0;
    return netns->read_ns ? (uint64_t)(frame->mono_ns - netns->read_ns) : NEVER;
}

static void read_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const uint64_t age_ns = read_key(picture, row);

    if (age_ns && age_ns != NEVER)
        text_age(out, size, (int64_t)age_ns);
    else
        snprintf(out, size, age_ns ? "never" : "now");
}

static const struct group_fact READ = {
    .title = "READ",
    .help = "how long before this frame its rows were read: they have turns where there are many",
    .right = true,
    .descending = true,
    .key = read_key,
    .text = read_text};

static bool is_subject(const struct picture *picture, const struct grouping_row *row,
                       const struct finding_subject *subject)
{
    return subject->netns && subject->netns == key_of(picture, row);
}

static uint64_t findings_key(const struct picture *picture, const struct grouping_row *row)
{
    return group_findings_count(picture, row, is_subject);
}

static void findings_text(const struct picture *picture, const struct grouping_row *row, char *out,
                          size_t size)
{
    group_findings_text(picture, row, is_subject, out, size);
}

static const struct group_fact FINDINGS = {.title = "FINDINGS",
                                           .help = "findings that hold in it, and the worst",
                                           .counted = true,
                                           .descending = true,
                                           .key = findings_key,
                                           .text = findings_text};

static bool is_unread(const struct picture *picture, const struct grouping_row *row)
{
    const struct frame_netns *netns = netns_of(picture, row);

    return netns && netns->read_ns == 0 && netns->why && netns->why[0] && row->rows == 0;
}

static const struct group_column COLUMNS[] = {
    {&NAME, .width = 22, .min_width = 12, .grow = 2},
    {&KIND, .width = 15, .min_width = 8, .leave = 3},
    {&PROCESSES, .width = 9, .leave = 2},
    {&GROUP_CONNS, .width = 6},
    {&GROUP_LISTENING, .width = 6, .leave = 5},
    {&GROUP_ESTABLISHED, .width = 6, .leave = 4},
    {&GROUP_IN, .width = 5},
    {&GROUP_OUT, .width = 5},
    {&GROUP_RETRANSMITTED_SHARE, .width = 6, .leave = 1},
    {&READ, .width = 5, .leave = 6},
    {&FINDINGS, .width = 24, .min_width = 8, .grow = 1},
};

static bool has_several(const struct picture *picture)
{
    return picture->frame && picture->frame->namespace_count > 1;
}

static const struct group_view VIEW = {
    .kind = &GROUPING_NAMESPACES,
    .columns = COLUMNS,
    .count = sizeof COLUMNS / sizeof *COLUMNS,
    .sort = 3,
    .needs = NEED_OWNER,
    .empty = "no network namespace shown has a connection",
    .is_unread = is_unread,
    .is_subject = is_subject,
};

static const struct pane_key KEYS_HERE[] = {{"Enter", "the connections of this network namespace"},
                                            {NULL, NULL}};

const struct pane_ops PANE_NAMESPACES = GROUP_PANE_WITH(
    &VIEW, .open = group_pane_open, .keys = KEYS_HERE, .is_offered = has_several,
    .not_offered = "only one network namespace is shown (--netns all shows others)");
