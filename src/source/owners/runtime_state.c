/* runtime_state: see runtime_state.h. */
#include "source/owners/runtime_state.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A path component is the id of a container if the runtime has this state for it. */
static const struct state_place {
    const char *runtime, *folder;
    bool has_namespace;          /* the component before it, a folder above its own */
    const char *file;            /* in the folder of the container; "" = that folder itself */
    const char *prefix, *suffix; /* around the id, by a runtime that lets systemd make the group */
} PLACES[] = {
    {"containerd", "run/containerd/io.containerd.runtime.v2.task", true, "", "", ""},
    {"runc", "run/runc", false, "/state.json", "", ""},
    {"runc", "run/runc", false, "/state.json", "runc-", ".scope"},
    {"crun", "run/crun", false, "/status", "", ""},
    {"crun", "run/crun", false, "/status", "crun-", ".scope"},
};

struct component {
    const char *text;
    int length;
};

static bool strip(struct component *name, const char *prefix, const char *suffix)
{
    const int before = (int)strlen(prefix), after = (int)strlen(suffix);

    if (name->length <= before + after || memcmp(name->text, prefix, (size_t)before) != 0 ||
        memcmp(name->text + name->length - after, suffix, (size_t)after) != 0)
        return false;
    name->text += before;
    name->length -= before + after;
    return true;
}

static bool exists(const char *path, bool is_folder)
{
    struct stat about;

    return lstat(path, &about) == 0 &&
           (is_folder ? S_ISDIR(about.st_mode) : S_ISREG(about.st_mode));
}

static bool has_state(const char *root, const struct state_place *place, struct component parent,
                      struct component name)
{
    char path[PATH_MAX];

    if (place->has_namespace && parent.length == 0)
        return false;
    const int length =
        snprintf(path, sizeof path, "%s/%s/%.*s%s%.*s%s", root, place->folder,
                 place->has_namespace ? parent.length : 0, parent.text,
                 place->has_namespace ? "/" : "", name.length, name.text, place->file);
    return length > 0 && (size_t)length < sizeof path && exists(path, !place->file[0]);
}

static const struct state_place *find_place(const char *root, struct component parent,
                                            struct component name, struct component *id)
{
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        *id = name;
        if (strip(id, PLACES[i].prefix, PLACES[i].suffix) &&
            has_state(root, &PLACES[i], parent, *id))
            return &PLACES[i];
    }
    return NULL;
}

bool runtime_state_container(const char *root, const char *path, char *container, size_t size)
{
    struct component parent = {"", 0};
    bool found = false;

    while (*path) {
        const struct component name = {path, (int)strcspn(path, "/")};
        struct component id;
        const struct state_place *place =
            name.length > 0 && name.text[0] != '.' ? find_place(root, parent, name, &id) : NULL;
        if (place) {
            snprintf(container, size, "%s:%.*s", place->runtime, id.length, id.text);
            found = true;
        }
        if (name.length > 0)
            parent = name;
        path += name.length + (path[name.length] == '/');
    }
    return found;
}
