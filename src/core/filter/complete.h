/* complete: what the word under the cursor of a filter may become: words of the language, columns,
 * and values that the frame has. Pure. */
#ifndef TCPLENS_CORE_FILTER_COMPLETE_H
#define TCPLENS_CORE_FILTER_COMPLETE_H

#include "core/frame.h"

#define FILTER_COMPLETIONS_MAX 64
#define FILTER_COMPLETION_SIZE 80

struct filter_completions {
    size_t from; /* byte of the text where the word begins that each of them replaces */
    size_t count;
    bool values;    /* of a field; else words that may begin a condition */
    bool operand;   /* an operator stands before it */
    char field[80]; /* the word before it, over an operator; "" = none */
    char texts[FILTER_COMPLETIONS_MAX][FILTER_COMPLETION_SIZE]; /* sorted, each once */
};

/* Of the word that ends at byte `cursor`. frame may be NULL: no values then. */
void filter_complete(struct filter_completions *out, const char *text, size_t cursor,
                     const struct frame *frame);
/* Bytes that all of them have in common. */
size_t filter_completions_common(const struct filter_completions *completions);

#endif
