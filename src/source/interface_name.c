/* interface_name: reads names of interfaces from the kernel. */
#include "source/interface_name.h"

#include <string.h>
#include <sys/ioctl.h>

static void make_safe(char out[INTERFACE_NAME_MAX], const char *name)
{
    text_clean(out, INTERFACE_NAME_MAX, name, strlen(name));
}

bool interface_name(uint32_t index, char out[INTERFACE_NAME_MAX])
{
    char name[IF_NAMESIZE];

    if (!if_indextoname(index, name))
        return false;
    make_safe(out, name);
    return true;
}

bool interface_name_by(int socket, uint32_t index, char out[INTERFACE_NAME_MAX])
{
    struct ifreq request = {.ifr_ifindex = (int)index};

    if (ioctl(socket, SIOCGIFNAME, &request) != 0)
        return false;
    request.ifr_name[sizeof(request.ifr_name) - 1] = '\0';
    make_safe(out, request.ifr_name);
    return true;
}

static uint32_t find_shown(const char *shown, size_t length)
{
    struct if_nameindex *all = if_nameindex();
    char safe[INTERFACE_NAME_MAX];
    uint32_t found = 0;

    for (struct if_nameindex *at = all; at && at->if_index && !found; at++) {
        make_safe(safe, at->if_name);
        if (strlen(safe) == length && memcmp(safe, shown, length) == 0)
            found = at->if_index;
    }
    if (all)
        if_freenameindex(all);
    return found;
}

uint32_t interface_index(const char *name, size_t length)
{
    char text[IF_NAMESIZE] = "";

    if (length < sizeof(text)) {
        memcpy(text, name, length);
        const uint32_t index = if_nametoindex(text);
        if (index)
            return index;
    }
    return find_shown(name, length);
}
