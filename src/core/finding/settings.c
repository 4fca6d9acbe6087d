/* Which detectors are on, and their limits: presets from DETECTORS[], changed by ID.KEY=VALUE. */
#include "core/finding/finding.h"

#include "core/text/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void finding_settings_init(struct finding_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    for (size_t i = 0; i < detector_count; i++)
        for (size_t j = 0; j < LIMITS_MAX; j++)
            settings->limits[i][j] = DETECTORS[i]->limits[j].preset;
}

static size_t find_detector(const char *id, size_t length)
{
    for (size_t i = 0; i < detector_count; i++)
        if (strlen(DETECTORS[i]->id) == length && strncmp(DETECTORS[i]->id, id, length) == 0)
            return i;
    return detector_count;
}

static int refuse_detector(const char *id, size_t length, char *why, size_t size)
{
    char word[48];
    const char *near = NULL;
    unsigned least = UINT_MAX;

    snprintf(word, sizeof(word), "%.*s", (int)(length < 40 ? length : 40), id);
    for (size_t i = 0; i < detector_count; i++)
        if (text_is_nearer(word, DETECTORS[i]->id, &least))
            near = DETECTORS[i]->id;
    snprintf(why, size, "\"%s\" is not a detector%s%s%s", word, near ? "; did you mean " : "",
             near ? near : "", near ? "?" : " (tcplens doctor --describe names all)");
    return -EINVAL;
}

static int refuse_key(const struct detector *detector, const char *key, size_t length, char *why,
                      size_t size)
{
    char keys[96] = "";
    size_t used = 0;

    for (size_t i = 0; i < LIMITS_MAX && detector->limits[i].key; i++)
        used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s", used ? ", " : "",
                                 detector->limits[i].key);
    if (used == 0)
        snprintf(why, size, "%s has no limits to set", detector->id);
    else
        snprintf(why, size, "%s has no limit \"%.*s\", but %s", detector->id,
                 (int)(length < 30 ? length : 30), key, keys);
    return -EINVAL;
}

int finding_set(struct finding_settings *settings, const char *text, char *why, size_t size)
{
    const char *dot = strchr(text, '.'), *equals = strchr(text, '=');

    if (!dot || !equals || dot > equals) {
        snprintf(why, size, "\"%.60s\": ID.KEY=VALUE was expected, e.g. accept-wait.warn=2", text);
        return -EINVAL;
    }
    const size_t detector = find_detector(text, (size_t)(dot - text));
    if (detector == detector_count)
        return refuse_detector(text, (size_t)(dot - text), why, size);
    const struct detector_limit *limits = DETECTORS[detector]->limits;
    const char *key = dot + 1;
    for (size_t i = 0; i < LIMITS_MAX && limits[i].key; i++) {
        if (strlen(limits[i].key) != (size_t)(equals - key) ||
            strncmp(limits[i].key, key, (size_t)(equals - key)) != 0)
            continue;
        char *end;
        const double value = strtod(equals + 1, &end);
        if (end == equals + 1 || *end || !isfinite(value) || value < 0) {
            snprintf(why, size, "\"%.60s\": a number in %s was expected, e.g. %g", text,
                     limits[i].unit[0] ? limits[i].unit : "pieces", limits[i].preset);
            return -EINVAL;
        }
        settings->limits[detector][i] = value;
        return 0;
    }
    return refuse_key(DETECTORS[detector], key, (size_t)(equals - key), why, size);
}

/* Marks those in the list; blanks around commas are allowed, for the file. */
static int read_list(const char *list, bool *named, char *why, size_t size)
{
    for (list += strspn(list, ", "); *list; list += strspn(list, ", ")) {
        const size_t length = strcspn(list, ", ");
        const size_t detector = find_detector(list, length);
        if (detector == detector_count)
            return refuse_detector(list, length, why, size);
        named[detector] = true;
        list += length;
    }
    return 0;
}

int finding_only(struct finding_settings *settings, const char *list, char *why, size_t size)
{
    bool named[DETECTORS_MAX] = {false};
    const int error = read_list(list, named, why, size);

    for (size_t i = 0; i < detector_count && !error; i++)
        settings->off[i] = !named[i];
    return error;
}

int finding_skip(struct finding_settings *settings, const char *list, char *why, size_t size)
{
    bool named[DETECTORS_MAX] = {false};
    const bool all = strcmp(list, "all") == 0;
    const int error = all ? 0 : read_list(list, named, why, size);

    for (size_t i = 0; i < detector_count && !error; i++)
        settings->off[i] |= all || named[i];
    return error;
}

uint32_t finding_needs(const struct finding_settings *settings)
{
    uint32_t needs = 0;

    for (size_t i = 0; i < detector_count; i++) {
        if (settings->off[i])
            continue;
        needs |= DETECTORS[i]->needs;
        needs |= DETECTORS[i]->facts[0] ? NEED_HOST_FACTS : 0u;
    }
    return needs;
}
