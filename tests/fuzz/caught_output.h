/* caught_output: what a fuzz target prints is kept for it to judge. */
#ifndef TCPLENS_FUZZ_CAUGHT_OUTPUT_H
#define TCPLENS_FUZZ_CAUGHT_OUTPUT_H

struct caught {
    int standard, kept, file;
};

/* standard: the descriptor of standard output or standard error. */
struct caught catch_output(int standard);
/* Ends it: what was printed, for the caller to free. */
char *caught_text(const struct caught *caught);

#endif
