#include "command/finding_options.h"

#include "options/output.h"

int finding_options_read(const struct options *options, struct finding_settings *settings)
{
    char why[200];

    finding_settings_init(settings);
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
