/* clock_questions: who reads what `record -o -` writes may ask for the time, by lines on its
 * standard input: "clock N", and ends the recording by closing it. Input that is nothing of the
 * kind is left alone, unread: it is meant for others. */
#ifndef TCPLENS_COMMAND_CLOCK_QUESTIONS_H
#define TCPLENS_COMMAND_CLOCK_QUESTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct clock_questions {
    int descriptor; /* to poll; -1: no questions come */
    int scratch[2]; /* a pipe to look at a pipe's bytes with */
    bool is_socket;
    bool has_asked;
};

enum clock_news { CLOCK_NOTHING, CLOCK_QUESTION, CLOCK_END };

/* Of a pipe or a socket; of anything else there are none. */
void clock_questions_begin(struct clock_questions *questions, int descriptor);
void clock_questions_done(struct clock_questions *questions);
/* Once it is readable. CLOCK_QUESTION: *id; CLOCK_END: who asked before is gone. */
enum clock_news clock_questions_take(struct clock_questions *questions, uint64_t *id);

#endif
