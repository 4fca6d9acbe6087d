/* Hosts: the machines that are shown, where there are several: how each is read, and its
 * traffic. */
#include "base/clock.h"
#include "core/text/text.h"
#include "ui/group/pane.h"
#include "ui/pages.h"
#include "ui/views.h"

#include <stdio.h>
#include <string.h>

static const struct frame_host *host_of(const struct picture *picture,
                                        const struct grouping_row *row)
{
    const struct frame *frame = picture->frame;

    for (uint32_t i = 0; i < frame->host_count; i++)
        if (grouping_key(frame->hosts[i].number) == row->key)
            return &frame->hosts[i];
    return &frame->hosts[0]; /* rows are those of this frame's hosts */
}

static void name_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    snprintf(out, size, "%s", host_of(picture, row)->name);
}

static const struct group_fact NAME = {
    .title = "HOST", .help = "machine, as it was named", .text = name_text};

static uint64_t state_key(const struct picture *picture, const struct grouping_row *row)
{
    return host_of(picture, row)->state;
}

static void state_text(const struct picture *picture, const struct grouping_row *row, char *out,
                       size_t size)
{
    const struct frame_host *host = host_of(picture, row);

    snprintf(out, size, "%s%s%s", words_name(&HOST_STATE_WORDS, host->state),
             host->why[0] ? ": " : "", host->why);
}

static const struct group_fact STATE = {
    .title = "STATE",
    .help = "connecting, ok, late, lost (tried again) or refused, and why",
    .descending = true,
    .spills = true,
    .key = state_key,
    .text = state_text};

static int64_t age_of(const struct picture *picture, const struct grouping_row *row)
{
    const struct frame_host *host = host_of(picture, row);
    return host->mono_ns ? clock_less(picture->frame->mono_ns, host->mono_ns) : -1;
}

static uint64_t age_key(const struct picture *picture, const struct grouping_row *row)
{
    const int64_t age_ns = age_of(picture, row);
    return age_ns < 0 ? UINT64_MAX : (uint64_t)age_ns;
}

static void age_text(const struct picture *picture, const struct grouping_row *row, char *out,
                     size_t size)
{
    const int64_t age_ns = age_of(picture, row);

    out[0] = '\0';
    if (age_ns >= 0)
        text_span(out, size, age_ns);
}

static const struct group_fact AGE = {.title = "AGE",
                                      .help = "of its last frame",
                                      .right = true,
                                      .descending = true,
                                      .key = age_key,
                                      .text = age_text};

static uint64_t stream_key(const struct picture *picture, const struct grouping_row *row)
{
    return host_of(picture, row)->bytes_per_s;
}

static void stream_text(const struct picture *picture, const struct grouping_row *row, char *out,
                        size_t size)
{
    out[0] = '\0';
    if (!frame_is_of_log(picture->frame)) /* nothing is received from it */
        text_count(out, size, stream_key(picture, row));
}

static const struct group_fact STREAM = {.title = "STREAM/s",
                                         .help = "bytes a second that come from it to tcplens",
                                         .right = true,
                                         .descending = true,
                                         .key = stream_key,
                                         .text = stream_text};

static uint64_t skew_key(const struct picture *picture, const struct grouping_row *row)
{
    const int64_t skew_ns = host_of(picture, row)->skew_ns;
    return skew_ns < 0 ? UINT64_C(0) - (uint64_t)skew_ns : (uint64_t)skew_ns;
}

static void skew_text(const struct picture *picture, const struct grouping_row *row, char *out,
                      size_t size)
{
    const struct frame_host *host = host_of(picture, row);
    char span[16], error[16];

    out[0] = '\0';
    if (!host->skew_known)
        return;
    text_span(error, sizeof(error), host->skew_error_ns);
    text_span(span, sizeof(span), (int64_t)skew_key(picture, row));
    if (host->skew_ns == 0)
        snprintf(out, size, "<%s", error);
    else
        snprintf(out, size, "%s%s±%s", host->skew_ns < 0 ? "-" : "+", span, error);
}

static const struct group_fact SKEW = {.title = "SKEW",
                                       .help = "its clock less ours, and how wrong that can be; "
                                               "<1.0ms: none that can be measured",
                                       .right = true,
                                       .descending = true,
                                       .key = skew_key,
                                       .text = skew_text};

static void version_text(const struct picture *picture, const struct grouping_row *row, char *out,
                         size_t size)
{
    snprintf(out, size, "%s", host_of(picture, row)->version);
}

static const struct group_fact VERSION = {
    .title = "VERSION", .help = "of the tcplens there", .text = version_text};

static bool is_subject(const struct picture *picture, const struct grouping_row *row,
                       const struct finding_subject *subject)
{
    return frame_host_number(picture->frame, subject->netns) == host_of(picture, row)->number ||
           strcmp(subject->host, host_of(picture, row)->name) == 0;
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
                                           .help = "findings that hold on it, and the worst",
                                           .counted = true,
                                           .descending = true,
                                           .key = findings_key,
                                           .text = findings_text};

static bool is_unread(const struct picture *picture, const struct grouping_row *row)
{
    return host_of(picture, row)->mono_ns == 0 && row->rows == 0;
}

static const struct group_column COLUMNS[] = {
    {&NAME, .width = 18, .min_width = 8, .grow = 1},
    {&STATE, .width = 32, .min_width = 6, .grow = 3},
    {&AGE, .width = 6},
    {&GROUP_CONNS, .width = 6},
    {&GROUP_LISTENING, .width = 6, .leave = 6},
    {&GROUP_ESTABLISHED, .width = 6, .leave = 5},
    {&GROUP_IN, .width = 5},
    {&GROUP_OUT, .width = 5},
    {&GROUP_RETRANSMITTED_SHARE, .width = 6, .leave = 2},
    {&SKEW, .width = 12, .leave = 3},
    {&STREAM, .width = 8, .leave = 4},
    {&VERSION, .width = 7, .leave = 7},
    {&FINDINGS, .width = 22, .min_width = 8, .grow = 1, .leave = 1},
};

static bool has_hosts(const struct picture *picture)
{
    return picture->frame && picture->frame->host_count > 0;
}

static const struct group_view VIEW = {
    .kind = &GROUPING_HOSTS,
    .columns = COLUMNS,
    .count = sizeof COLUMNS / sizeof *COLUMNS,
    .sort = 0,
    .needs = NEED_OWNER,
    .empty = "no host is shown",
    .is_unread = is_unread,
    .is_subject = is_subject,
};

static const struct pane_key KEYS_HERE[] = {{"Enter", "the connections of this host"},
                                            {NULL, NULL}};

const struct pane_ops PANE_HOSTS =
    GROUP_PANE_WITH(&VIEW, .open = group_pane_open, .keys = KEYS_HERE, .is_offered = has_hosts,
                    .not_offered = "only this machine is shown (tcplens ssh:HOST shows others)");
