/* Why the kernel refused to load a program: the same reasons for events and for the owner walk. */
#ifndef TCPLENS_SOURCE_BPF_REFUSAL_H
#define TCPLENS_SOURCE_BPF_REFUSAL_H

#define BPF_TEXT_SIZE 128

/* error: the -errno that loading gave. Called with the privileges it was loaded with. */
void bpf_explain_refusal(int error, char text[BPF_TEXT_SIZE]);

#endif
