/* screen_names: names of ports and hosts for panes, and the keys that switch them. */
#include "ui/screen/names.h"

#include "base/clock.h"
#include "ui/screen/state.h"

#include <stdio.h>
#include <string.h>

static const char *find_service(void *data, uint16_t port)
{
    const struct lookup *from = ((struct screen *)data)->settings.lookup;

    return from && from->service ? from->service(from->data, port) : NULL;
}

static const char *find_host(void *data, const struct addr *addr, uint8_t family)
{
    return host_names_find(((struct screen *)data)->names, addr, family, clock_mono_ns());
}

void screen_names_begin(struct screen *screen)
{
    screen->lookup = (struct lookup){
        .service = screen->settings.ports_by_number ? NULL : find_service, .data = screen};
    screen->picture.context.lookup = &screen->lookup;
    if (screen->settings.names)
        screen_switch_hosts(screen);
}

void screen_names_end(struct screen *screen)
{
    screen->lookup.host = NULL;
    host_names_free(screen->names);
    screen->names = NULL;
}

void screen_switch_services(struct screen *screen)
{
    screen->lookup.service = screen->lookup.service ? NULL : find_service;
    screen->void_panes = true;
    screen_say(screen, ROLE_NORMAL, "ports by %s",
               screen->lookup.service ? "service name" : "number");
}

void screen_switch_hosts(struct screen *screen)
{
    screen->void_panes = true;
    if (screen->settings.redacted) {
        screen_say(screen, ROLE_NOTICE, "--redact: host names stay off");
        return;
    }
    if (screen->names) {
        screen_names_end(screen);
        screen_say(screen, ROLE_NORMAL, "host names off");
        return;
    }
    const int error = host_names_new(&screen->names, NULL);
    if (error) {
        screen_say(screen, ROLE_TROUBLE, "host names: the resolver cannot start: %s",
                   strerror(-error));
        return;
    }
    screen->lookup.host = find_host;
    screen_say(screen, ROLE_NORMAL, "host names on: your resolver sees the addresses shown");
}

size_t screen_names_wait(const struct screen *screen, struct pollfd *waits, int *timeout_ms)
{
    return screen->names ? host_names_descriptors(screen->names, waits, timeout_ms) : 0;
}

void screen_names_pump(struct screen *screen, const struct pollfd *waits, size_t count)
{
    if (!screen->names || !host_names_pump(screen->names, waits, count, clock_mono_ns()))
        return;
    screen->paint = true;
    /* A filter may see the new names; under a dialog no row comes or goes. */
    screen->void_panes |= !screen_is_floating(screen);
}
