/* netns_name: see name.h. */
#include "source/netns/name.h"

#include "core/text/text.h"
#include "source/netns/slot.h"

#include <stdio.h>
#include <string.h>

static const char *const NETNS_FOLDERS[] = {"/run/netns/", "/var/run/netns/"};

static void set(struct netns_entry *entry, enum netns_kind kind, const char *name)
{
    entry->kind = (uint8_t)kind;
    text_clean(entry->name, sizeof(entry->name), name, strlen(name));
}

static bool name_by_mount(struct netns_entry *entry, const char *mount)
{
    for (size_t i = 0; i < sizeof(NETNS_FOLDERS) / sizeof(*NETNS_FOLDERS); i++) {
        const size_t length = strlen(NETNS_FOLDERS[i]);
        if (strncmp(mount, NETNS_FOLDERS[i], length) != 0 || mount[length] == '\0')
            continue;
        set(entry, NETNS_KIND_NAMED, mount + length);
        return true;
    }
    return false;
}

static void name_by_number(struct netns_entry *entry)
{
    char name[NETNS_NAME_MAX];

    if (entry->netns.inode)
        snprintf(name, sizeof(name), "%u", entry->netns.inode);
    else if (entry->pid)
        snprintf(name, sizeof(name), "pid:%d", entry->pid);
    else
        snprintf(name, sizeof(name), "net:%llu", (unsigned long long)entry->id);
    set(entry, NETNS_KIND_PROCESS, name);
}

void netns_name(struct netns_slot *slot, const char *proc_root)
{
    struct netns_entry *entry = &slot->entry;

    (void)proc_root;
    if (entry->netns.is_host)
        set(entry, NETNS_KIND_HOST, "host");
    else if (!slot->mount || !name_by_mount(entry, slot->mount))
        name_by_number(entry);
}
