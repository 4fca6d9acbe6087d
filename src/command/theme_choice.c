/* theme_choice: ours by name, the user's by file. */
#include "command/theme_choice.h"

#include "base/arena.h"
#include "command/color.h"
#include "options/output.h"
#include "options/theme_file.h"

#include <errno.h>
#include <stdio.h>

static void say_unknown(struct theme_choice *choice, const char *name)
{
    snprintf(choice->notice, sizeof(choice->notice),
             "theme %.60s: unknown theme: \"tcplens --theme help\" lists them", name);
}

int theme_choose(struct theme_choice *choice, const struct settings *settings)
{
    const char *name = settings->options.theme;

    choice->notice[0] = '\0';
    choice->theme = color_is_welcome() ? color_theme_of_terminal() : THEME_MONO;
    if (!name || theme_from_name(name, &choice->theme) == 0)
        return EXIT_DONE;
    const int error = theme_file_read(name, &choice->looks, choice->notice, sizeof(choice->notice));
    if (!error) {
        choice->theme = THEME_OWN;
        return EXIT_DONE;
    }
    if (error == -ENOENT)
        say_unknown(choice, name);
    if (settings->theme_of_file)
        return EXIT_DONE;
    message("%s", choice->notice);
    return EXIT_USAGE;
}

static void list_file(void *out, const char *name)
{
    struct theme_looks looks;
    char path[SETTINGS_PATH_MAX], notice[512];

    theme_file_path(name, path, sizeof(path));
    buffer_printf(out, "%-10s %s\n", name, path);
    (void)theme_file_read(name, &looks, notice, sizeof(notice));
    if (notice[0])
        buffer_printf(out, "%-10s %s\n", "", notice);
}

int theme_list(void)
{
    char path[SETTINGS_PATH_MAX];
    struct buffer out;

    buffer_init(&out);
    for (int theme = 0; theme < THEME_COUNT; theme++)
        buffer_printf(&out, "%-10s %s\n", THEME_NAMES[theme], THEME_HELP[theme]);
    theme_file_each(list_file, &out);
    theme_file_path("NAME", path, sizeof(path));
    if (path[0])
        buffer_printf(&out, "Themes of your own: %s, see tcplens.conf(5)\n", path);
    const int error = output_flush(&out);
    buffer_done(&out);
    return output_exit_code(error);
}
