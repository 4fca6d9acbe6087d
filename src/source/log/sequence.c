#include "source/log/sequence.h"

#include <inttypes.h>
#include <stdio.h>

static void count_missing(struct sequence *sequence, uint64_t seq)
{
    if (!sequence->missing && !sequence->before_head)
        sequence->first = sequence->last + 1;
    sequence->until = seq - 1;
    sequence->missing += seq - sequence->last - 1;
}

static enum sequence_step take_number(struct sequence *sequence, uint64_t seq, bool head)
{
    const uint64_t last = sequence->last;

    if (!last || !seq || seq == last + 1)
        return SEQUENCE_NEXT;
    if (seq > last) {
        count_missing(sequence, seq);
        return SEQUENCE_NEXT;
    }
    if (head)
        return SEQUENCE_RESTART;
    if (!sequence->missing)
        return SEQUENCE_AGAIN;
    sequence->missing--; /* one of the missing: the lines were reordered */
    return SEQUENCE_NEXT;
}

enum sequence_step sequence_take(struct sequence *sequence, const struct session_line *line,
                                 bool new_recording)
{
    const bool head = line->kind == RECORD_HEAD;
    const enum sequence_step step =
        new_recording ? SEQUENCE_NEXT : take_number(sequence, line->seq, head);

    if (step == SEQUENCE_AGAIN)
        return step;
    if (head && !new_recording)
        sequence->before_head += sequence->missing;
    if (head)
        sequence->missing = 0;
    sequence->findings += line->kind == RECORD_FINDING;
    if (step == SEQUENCE_RESTART || new_recording || !line->seq || line->seq > sequence->last)
        sequence->last = line->seq;
    return step;
}

uint64_t sequence_missing(const struct sequence *sequence, const struct session_counts *counts)
{
    const uint64_t left_out =
        counts->findings > sequence->findings ? counts->findings - sequence->findings : 0;

    return sequence->missing > left_out ? sequence->missing - left_out : 0;
}

void sequence_end_frame(struct sequence *sequence)
{
    *sequence = (struct sequence){.last = sequence->last};
}

void sequence_describe(const struct sequence *sequence, char *text, size_t size)
{
    if (sequence->until > sequence->first)
        snprintf(text, size, "lines are missing (seq %" PRIu64 " to %" PRIu64 ")", sequence->first,
                 sequence->until);
    else
        snprintf(text, size, "a line is missing (seq %" PRIu64 ")", sequence->first);
}
