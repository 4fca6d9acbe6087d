/* screen_status: the line above the footer: the last message, errors, missing data. */
#include "base/clock.h"
#include "ui/screen/chrome.h"
#include "ui/screen/state.h"
#include "ui/screen/time.h"

#include <stdio.h>
#include <string.h>

struct reason_text {
    uint32_t reason;
    unsigned role;
    const char *text;
};

static const struct reason_text REASONS[] = {
    {MISSING_DUMP_PART, ROLE_TROUBLE, "a dump was cut short: rows may be missing"},
    {MISSING_MEMORY, ROLE_TROUBLE, FRAME_LACKS_MEMORY},
    {MISSING_PROC, ROLE_NOTICE, "/proc cannot be read: owners are unknown"},
    {MISSING_NETNS, ROLE_DIM, "some network namespaces were not read for this frame"},
    {MISSING_HOSTS, ROLE_NOTICE, "some hosts are not read: the view of hosts says why"},
    {MISSING_SOCK_DIAG, ROLE_NOTICE,
     "no sock_diag here: rows come from /proc/net/tcp, without rates and round-trip times"},
    {MISSING_LOG, ROLE_NOTICE, "the log has a gap here"},
    {MISSING_EVENTS, ROLE_NOTICE, "events were lost"},
    {MISSING_OWNERS_HIDDEN, ROLE_DIM, NULL},
};

/* The collector knows what it lacks; a log may not say. */
static void hidden_text(const struct missing *missing, char *out, size_t size)
{
    const char *why =
        missing->hidden_why ? missing->hidden_why : "needs CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH";

    if (missing->hidden_users > 0)
        snprintf(out, size, "pids of %u user%s hidden: %s (see ?)", missing->hidden_users,
                 missing->hidden_users == 1 ? "" : "s", why);
    else
        snprintf(out, size, "pids of other users hidden: %s (see ?)", why);
}

static unsigned missing_text(const struct missing *missing, char *out, size_t size)
{
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++) {
        if (!(missing->reasons & REASONS[i].reason))
            continue;
        if (REASONS[i].reason == MISSING_OWNERS_HIDDEN)
            hidden_text(missing, out, size);
        else if (REASONS[i].reason == MISSING_EVENTS && missing->events_lost > 0)
            snprintf(out, size, "events lost: at least %llu",
                     (unsigned long long)missing->events_lost);
        else if (missing->text[0])
            snprintf(out, size, "%s", missing->text);
        else
            snprintf(out, size, "%s", REASONS[i].text);
        return REASONS[i].role;
    }
    out[0] = '\0';
    return ROLE_NORMAL;
}

/* Events are missing, which is worse than hidden owners. */
static bool lacks_events(const struct frame *frame)
{
    return frame->events && strcmp(frame->events, "none") == 0;
}

#define TURN_NS (8 * SECOND_NS)

/* A message that an ordinary user always has alternates with the one about network namespaces not shown. */
static bool is_turn_of_others(const struct frame *frame)
{
    const uint32_t lasting =
        MISSING_OWNERS_HIDDEN | MISSING_OWNERS_LATE | MISSING_ULP | MISSING_IPV6;
    return !(frame->missing.reasons & ~lasting) && frame->mono_ns / TURN_NS % 2 == 1;
}

/* The most important message; "" if there is none. */
unsigned screen_status(const struct screen *screen, char *out, size_t size)
{
    const struct frame *frame = screen->picture.frame;
    const char *lack = screen->travel.state.lack;
    out[0] = '\0';
    if (screen_time_status(screen, out, size))
        return ROLE_NOTICE;
    if (screen->said_until_ns > clock_mono_ns()) {
        snprintf(out, size, "%s", screen->said);
        return screen->said_role;
    }
    if (screen_time_reach(screen, out, size))
        return ROLE_DIM;
    if (screen->trouble[0]) {
        double age = (double)(clock_mono_ns() - screen->frame_taken_ns) / 1e9;
        if (frame)
            snprintf(out, size, "%s (this frame is %.0f s old)", screen->trouble, age);
        return ROLE_TROUBLE;
    }
    if (frame && !lack[0] && is_turn_of_others(frame) &&
        other_netns_text(&frame->other_netns, out, size))
        return ROLE_DIM;
    unsigned role = frame ? missing_text(&frame->missing, out, size) : (unsigned)ROLE_NORMAL;
    if (lack[0] && role != ROLE_TROUBLE) {
        snprintf(out, size, "%s", lack);
        return ROLE_NOTICE;
    }
    if (frame && (!out[0] || role == ROLE_DIM) && lacks_events(frame)) {
        const char *why = frame->events_why ? frame->events_why : "";
        snprintf(out, size,
                 "short connections are missing from the rates: nothing is seen between "
                 "frames%s%s",
                 why[0] ? ": " : "", why);
        return ROLE_NOTICE;
    }
    if (!out[0] && screen->remark[0]) {
        snprintf(out, size, "%s", screen->remark);
        return ROLE_NOTICE;
    }
    if (frame && !out[0] && frame->events && frame->events_why && frame->events_why[0]) {
        const char *seen =
            strcmp(frame->events, "destroy") == 0 ? "between frames only closes are seen: " : "";
        snprintf(out, size, "%s%s", seen, frame->events_why);
        return ROLE_DIM;
    }
    if (frame && !out[0] && (frame->missing.reasons & MISSING_OWNERS_LATE) && frame->owners_why &&
        frame->owners_why[0]) {
        snprintf(out, size, "owners come late, from /proc: %s", frame->owners_why);
        return ROLE_DIM;
    }
    if (frame && !out[0] && other_netns_text(&frame->other_netns, out, size))
        return ROLE_DIM;
    return role;
}
