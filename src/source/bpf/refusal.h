/* Why the kernel refused to load a program, for events and for walks. */
#ifndef TCPLENS_SOURCE_BPF_REFUSAL_H
#define TCPLENS_SOURCE_BPF_REFUSAL_H

#define BPF_TEXT_SIZE 128

struct linux_version {
    unsigned major, minor;
};

/* error: the -errno of loading; since: the first kernel that can load it. To be called with the
 * same privileges. */
void bpf_explain_refusal(int error, struct linux_version since, char text[BPF_TEXT_SIZE]);

#endif
