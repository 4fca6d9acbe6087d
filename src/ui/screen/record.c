/* screen_record: key R and what the header shows of a recording. */
#include "ui/screen/record.h"

#include "core/text/text.h"
#include "ui/screen/chrome.h"
#include "ui/screen/state.h"

#include <stdio.h>
#include <string.h>

void screen_record_look(struct screen *screen)
{
    const struct screen_recorder *recorder = screen->settings.recorder;
    struct screen_recording state;

    if (!recorder)
        return;
    recorder->state(recorder->data, &state);
    const struct screen_recording *before = &screen->recording;
    if (state.said_count != before->said_count)
        screen_say(screen, state.trouble ? ROLE_TROUBLE : ROLE_GOOD, "%s", state.said);
    if (strcmp(state.wrong, before->wrong) != 0 && state.wrong[0])
        screen_say(screen, ROLE_TROUBLE, "not recording: %s", state.wrong);
    screen->paint |=
        state.on != before->on || state.bytes != before->bytes || state.missed != before->missed;
    screen->recording = state;
}

void screen_record(struct screen *screen)
{
    const struct screen_recorder *recorder = screen->settings.recorder;

    if (!recorder) {
        screen_say(screen, ROLE_NOTICE,
                   screen->settings.live ? "several hosts are shown: record on each of them"
                                         : "this is a log: it cannot be recorded again");
        return;
    }
    if (screen->settings.redacted) {
        screen_say(screen, ROLE_NOTICE, "--redact: nothing is recorded");
        return;
    }
    recorder->toggle(recorder->data);
    screen_record_look(screen);
}

bool screen_record_text(const struct screen *screen, char *label, size_t label_size, char *value,
                        size_t value_size)
{
    const struct screen_recording *state = &screen->recording;

    if (!state->on)
        return false;
    snprintf(label, label_size, "● REC%s", state->wrong[0] ? " held up" : "");
    char bytes[16], missed[24];
    text_bytes(bytes, sizeof(bytes), state->bytes, 9.95, "");
    text_thousands(missed, sizeof(missed), state->missed);
    if (state->missed)
        snprintf(value, value_size, "%s, %s frames missed", bytes, missed);
    else
        snprintf(value, value_size, "%s", bytes);
    return true;
}
