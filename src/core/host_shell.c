/* host_shell: see host_shell.h. */
#include "core/host_shell.h"

#include <stdio.h>
#include <string.h>

#define SCHEME "ssh:"

/* Behind the last colon, but not within "[2001:db8::1]". */
static const char *port_of(const char *target)
{
    const char *colon = strrchr(target, ':');
    const bool is_port = colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
    const bool is_only = is_port && strchr(target, ':') == colon;

    return is_port && (is_only || colon[-1] == ']') ? colon + 1 : NULL;
}

const char *host_shell(const struct frame_host *host, bool asks, char out[HOST_SHELL_MAX])
{
    const char *place = host->place ? host->place : "";
    const char *target = place + strlen(SCHEME), *at, *name;
    int length;

    out[0] = '\0';
    if (strncmp(place, SCHEME, strlen(SCHEME)) != 0)
        return out;
    const char *port = port_of(target);
    at = strrchr(target, '@');
    name = at ? at + 1 : target;
    const bool is_bracketed = name[0] == '[';
    const size_t name_length = is_bracketed ? strcspn(name + 1, "]")
                               : port       ? (size_t)(port - 1 - name)
                                            : strlen(name);
    length = snprintf(out, HOST_SHELL_MAX, "ssh %s%s%s%s%.*s%.*s ", asks ? "-t " : "",
                      port ? "-p " : "", port ? port : "", port ? " " : "", (int)(name - target),
                      target, (int)name_length, name + is_bracketed);
    return length < HOST_SHELL_MAX ? out : NULL;
}
