/* Why the kernel refused to load a program: the same reasons for events and for the owner walk. */
#ifndef TCPLENS_SOURCE_BPF_REFUSAL_H
#define TCPLENS_SOURCE_BPF_REFUSAL_H

#define BPF_TEXT_SIZE 128

struct linux_version {
    unsigned major, minor;
};

/* error: the -errno that loading gave; since: the first kernel that can load it. Called with the privileges it was loaded
 * with. */
void bpf_explain_refusal(int error, struct linux_version since, char text[BPF_TEXT_SIZE]);

#endif
