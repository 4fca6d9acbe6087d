/* clock_questions: the reader of `record -o -` asks for the time by lines "clock N" on its standard
 * input, and ends the recording by closing it. Any other input is left unread: it may be meant for
 * another program. */
#ifndef TCPLENS_COMMAND_CLOCK_QUESTIONS_H
#define TCPLENS_COMMAND_CLOCK_QUESTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct clock_questions {
    int descriptor; /* to poll; -1: there will be no questions */
    int scratch[2]; /* a pipe, to look at bytes without consuming them (tee(2)) */
    bool is_socket;
    bool has_asked;
};

enum clock_news { CLOCK_NOTHING, CLOCK_QUESTION, CLOCK_END };

/* Reads questions from a pipe or a socket; anything else has none. */
void clock_questions_begin(struct clock_questions *questions, int descriptor);
void clock_questions_done(struct clock_questions *questions);
/* To be called once it is readable. CLOCK_QUESTION: *id is set; CLOCK_END: the reader closed it. */
enum clock_news clock_questions_take(struct clock_questions *questions, uint64_t *id);

#endif
