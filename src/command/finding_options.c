#include "command/finding_options.h"

#include "options/output.h"
#include "options/settings.h"

/* Errors in it are not fatal. */
static void read_file(struct finding_settings *settings)
{
    char notice[256];

    settings_read_findings(settings, notice, sizeof(notice));
    if (notice[0])
        message("%s", notice);
}

int finding_options_read(const struct options *options, struct finding_settings *settings)
{
    char why[200];

    if (options->findings)
        *settings = *options->findings;
    else
        read_file(settings);
    for (unsigned i = 0; i < options->sets.count; i++) {
        const int error = finding_set(settings, options->sets.texts[i], why, sizeof(why));
        if (error) {
            message("--set: %s", why);
            return error;
        }
    }
    int error = options->only ? finding_only(settings, options->only, why, sizeof(why)) : 0;
    if (error) {
        message("--only: %s", why);
        return error;
    }
    error = options->skip ? finding_skip(settings, options->skip, why, sizeof(why)) : 0;
    if (error)
        message("--skip: %s", why);
    return error;
}

bool finding_options_any(const struct finding_settings *settings)
{
    for (size_t i = 0; i < detector_count; i++)
        if (!settings->off[i])
            return true;
    return false;
}
