/* ss: the letters of iproute2's ss(8). -4 and -6 are ours as well. */
#include "options/ss.h"

static const struct ss_letter LETTERS[] = {
    {.letter = 't'}, /* always TCP */
    {.letter = 'n'}, /* as list prints them */
    {.letter = 'p'}, /* always shown */
    {.letter = 'O'},
    {.letter = 'a', .lists = true, .class = CLASS_ALL},
    {.letter = 'l', .lists = true, .class = CLASS_LISTENERS},
    {.letter = 'e', .answer = "use --columns state,local,remote,uid,inode,cookie, or --json"},
    {.letter = 'i', .answer = "use --json, which has all of tcp_info, or --columns rtt,cwnd,..."},
    {.letter = 'm', .answer = "use --columns rmem_alloc,rcvbuf,wmem_queued,sndbuf, or --json"},
    {.letter = 'o', .answer = "use --columns timer,timer_left,timer_retrans, or --json"},
    {.letter = 's', .answer = "the header of the screen has these sums: tcplens"},
    {.letter = 'r', .answer = "list prints numbers; the screen shows host names: key n"},
    {.letter = 'H', .answer = "use --csv or --json, or: tcplens list | tail -n +2"},
    {.letter = 'E', .answer = "use: tcplens events"},
    {.letter = 'K', .answer = "use: tcplens close FILTER"},
    {.letter = 'N', .answer = "use --netns NAME"},
    {.letter = 'F',
     .answer = "write the filter behind the options: tcplens list state established"},
    {.letter = 'f', .answer = "use -4 or -6"},
    {.letter = 'u', .answer = "TCP is all that tcplens shows; use ss -u"},
    {.letter = 'x', .answer = "TCP is all that tcplens shows; use ss -x"},
    {.letter = 'w', .answer = "TCP is all that tcplens shows; use ss -w"},
};

const struct ss_letter *ss_letter_find(char letter)
{
    for (size_t i = 0; i < sizeof(LETTERS) / sizeof(LETTERS[0]); i++)
        if (LETTERS[i].letter == letter)
            return &LETTERS[i];
    return NULL;
}
