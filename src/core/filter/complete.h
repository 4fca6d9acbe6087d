/* complete: completions for the word under the cursor of a filter: keywords, columns, and values in
 * the frame. Pure. */
#ifndef TCPLENS_CORE_FILTER_COMPLETE_H
#define TCPLENS_CORE_FILTER_COMPLETE_H

#include "core/frame.h"

#define FILTER_COMPLETIONS_MAX 64
#define FILTER_COMPLETION_SIZE 80

struct filter_completions {
    size_t from; /* byte where the word to be replaced begins */
    size_t count;
    bool values;    /* they are values of a field; else words that may begin a condition */
    bool operand;   /* an operator stands before it */
    char field[80]; /* the field before it, across an operator; "" = none */
    char texts[FILTER_COMPLETIONS_MAX][FILTER_COMPLETION_SIZE]; /* sorted, each once */
};

/* Completes the word that ends at byte `cursor`. frame may be NULL: then without values. */
void filter_complete(struct filter_completions *out, const char *text, size_t cursor,
                     const struct frame *frame);
/* Length of the prefix that all of them share. */
size_t filter_completions_common(const struct filter_completions *completions);

#endif
