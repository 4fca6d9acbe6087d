/* Events as text. Independent of where they come from and go. */
#include "command/event_text.h"

#include "base/clock.h"
#include "core/json/json.h"
#include "core/text/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CHANGE_CELLS 34
#define NETNS_CELLS  12
#define ENDS_CELLS   44
#define ENDPOINT_MAX (ADDR_TEXT_MAX + 32)

static void put_clock(struct buffer *out, int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / SECOND_NS);
    struct tm broken;

    if (localtime_r(&seconds, &broken))
        buffer_printf(out, "%02d:%02d:%02d.%03d  ", broken.tm_hour, broken.tm_min, broken.tm_sec,
                      (int)(wall_ns % SECOND_NS / MILLISECOND_NS));
}

static void format_ends(char *out, size_t size, const struct event *event,
                        const struct frame *frame, const char *arrow)
{
    const struct tuple *tuple = &event->tuple;
    const char *interface = frame ? frame_interface_name(frame, event->netns, tuple->scope) : NULL;
    char local[ENDPOINT_MAX], remote[ENDPOINT_MAX];

    tuple_format_end(local, sizeof(local), tuple, false, interface, NULL);
    tuple_format_end(remote, sizeof(remote), tuple, true, interface, NULL);
    if (tuple->remote_port == 0 && addr_is_zero(&tuple->remote))
        snprintf(out, size, "%s", local);
    else
        snprintf(out, size, "%s %s %s", local, arrow, remote);
}

static void format_close(char *out, size_t size, const struct event *event)
{
    char age[16] = "", in[16], sent[16];
    int used;

    if (event->has_duration && event->duration_ns < SECOND_NS) /* "0:00" says nothing */
        text_span(age, sizeof(age), event->duration_ns);
    else if (event->has_duration)
        text_age(age, sizeof(age), event->duration_ns);
    used = event->has_duration ? snprintf(out, size, "after %s", age)
           : event->from == STATE_NONE
               ? snprintf(out, size, "between frames")
               : snprintf(out, size, "from %s", TCP_STATES[event->from].short_name);
    if (!event->has_totals || used < 0 || (size_t)used >= size)
        return;
    text_count(in, sizeof(in), event->in_bytes);
    text_count(sent, sizeof(sent), event->out_bytes);
    snprintf(out + used, size - (size_t)used, " in %s out %s", in, sent);
}

static void format_state(char *out, size_t size, const struct event *event, const char *arrow)
{
    char span[16] = "", change[64];

    snprintf(change, sizeof(change), "%s %s %s", TCP_STATES[event->from].short_name, arrow,
             TCP_STATES[event->to].short_name);
    if (event->has_duration)
        text_span(span, sizeof(span), event->duration_ns);
    size_t width = text_width(change) + strlen(span);
    int gap = width < CHANGE_CELLS ? (int)(CHANGE_CELLS - width) : 1;
    snprintf(out, size, "%s%*s%s", change, gap, "", span);
}

static void put_field(struct buffer *out, const char *text, size_t cells)
{
    size_t width = text_width(text);

    buffer_text(out, text);
    for (; width < cells; width++)
        buffer_char(out, ' ');
    buffer_text(out, "  ");
}

/* Whose addresses they are, where that is not plain. */
static void put_netns(struct buffer *out, const struct event *event, const struct frame *frame)
{
    const struct frame_netns *netns =
        frame && frame->namespace_count > 1 ? frame_find_netns(frame, event->netns) : NULL;

    if (netns)
        put_field(out, netns->name, NETNS_CELLS);
}

static void put_lost(struct buffer *out, const struct event *event)
{
    if (event->lost)
        buffer_printf(out, "! lost      at least %" PRIu64 " events (%s)\n", event->lost,
                      event->text);
    else
        buffer_printf(out, "! gap       %s\n", event->text);
}

void event_text_line(struct buffer *out, const struct event *event, const struct frame *frame,
                     bool ascii)
{
    static const char *const words[] = {"", "+ opened", "~ state", "- closed"};
    const char *arrow = ascii ? ">" : "▸";
    char change[128] = "", ends[2 * ENDPOINT_MAX + 8], end[EVENT_END_MAX];

    put_clock(out, event->wall_ns);
    if (event->kind == EVENT_LOST) {
        put_lost(out, event);
        return;
    }
    put_field(out, words[event->kind], 8);
    if (event->kind == EVENT_OPEN)
        snprintf(change, sizeof(change), "%s", TCP_STATES[event->to].short_name);
    else if (event->kind == EVENT_STATE)
        format_state(change, sizeof(change), event, arrow);
    else
        format_close(change, sizeof(change), event);
    put_field(out, change, CHANGE_CELLS);
    put_netns(out, event, frame);
    format_ends(ends, sizeof(ends), event, frame, arrow);
    event_end_text(end, sizeof(end), event);
    if (event->pid || end[0])
        put_field(out, ends, ENDS_CELLS);
    else
        buffer_text(out, ends);
    if (event->pid)
        buffer_printf(out, "%s %d", event->name, event->pid);
    if (end[0])
        buffer_printf(out, "%s%s", event->pid ? "  " : "", end);
    buffer_char(out, '\n');
}

static void put_since(struct buffer *out, const struct finding_step *step)
{
    const struct finding *finding = &step->finding;
    const int64_t ended_ns = step->kind == FINDING_END ? finding->ended_ns : step->wall_ns;
    char span[16];

    if (ended_ns - finding->since_ns < SECOND_NS)
        return;
    text_age(span, sizeof(span), ended_ns - finding->since_ns);
    buffer_printf(out, step->kind == FINDING_END ? " (after %s%s)" : " (for %s%s)",
                  finding->since_least ? "at least " : "", span);
}

void event_text_finding(struct buffer *out, const struct finding_step *step)
{
    static const char *const words[] = {[FINDING_BEGIN] = "! found",
                                        [FINDING_CHANGE] = "! change",
                                        [FINDING_HOLDS] = "! holds",
                                        [FINDING_END] = "! ended",
                                        [FINDING_STOP] = "! holds"};

    put_clock(out, step->wall_ns);
    put_field(out, words[step->kind], 8);
    put_field(out, severity_name((enum finding_severity)step->finding.severity), 8);
    buffer_text(out, step->finding.title);
    put_since(out, step);
    buffer_char(out, '\n');
}

void event_csv_header(struct buffer *out)
{
    buffer_text(out,
                "t,ev,from,to,family,laddr,lport,raddr,rport,pid,comm,from_ms,duration_ms,"
                "in_bytes,out_bytes,rtt_us,retrans,exact,ifindex,netns,cookie,uid,user,unit,"
                "container,count,reason,end,reset,error,finding,step,severity,since,ended,title\n");
}

static void put_csv_number(struct buffer *out, bool known, uint64_t value)
{
    buffer_char(out, ',');
    if (known)
        buffer_unsigned(out, value);
}

static void put_csv_ms(struct buffer *out, bool known, int64_t ns)
{
    buffer_char(out, ',');
    if (known)
        buffer_printf(out, "%" PRId64 ".%03d", ns / MILLISECOND_NS, (int)(ns / 1000 % 1000));
}

static void csv_word(struct buffer *out, const struct words *words, uint8_t number)
{
    const char *word = words_name(words, number);

    csv_cell(out, word ? word : "", false);
}

/* As --csv of rows has it: what looks like "1e5" some readers take for a number. */
static void put_csv_cookie(struct buffer *out, uint64_t cookie)
{
    buffer_char(out, ',');
    if (cookie)
        buffer_printf(out, "0x%" PRIx64, cookie);
}

static void put_csv_rest(struct buffer *out, const struct event *event,
                         const struct event_place *place)
{
    const bool lost = event->kind == EVENT_LOST;

    put_csv_number(out, event->has_totals && event->rtt_us, event->rtt_us);
    put_csv_number(out, event->has_totals, event->retrans);
    csv_cell(out, event->exact ? "true" : "", false);
    put_csv_number(out, event->tuple.scope != 0, event->tuple.scope);
    put_csv_number(out, event->netns != 0, event->netns);
    put_csv_cookie(out, event->cookie);
    put_csv_number(out, !lost && event->uid != UINT32_MAX, event->uid);
    csv_cell(out, place->user, false);
    csv_cell(out, place->unit, false);
    csv_cell(out, place->container, false);
    put_csv_number(out, lost, event->lost);
    csv_cell(out, lost ? event->text : "", false);
}

void event_csv_line(struct buffer *out, const struct event *event, const struct event_place *place)
{
    const struct tuple *tuple = &event->tuple;
    bool remote = tuple->remote_port || !addr_is_zero(&tuple->remote);
    bool real = event->kind != EVENT_LOST;
    char text[ADDR_TEXT_MAX];

    text_rfc3339(text, sizeof(text), event->wall_ns);
    csv_cell(out, text, true);
    csv_cell(out, words_name(&EVENT_KIND_WORDS, event->kind), false);
    csv_cell(out, real ? TCP_STATES[event->from].name : "", false);
    csv_cell(out, real ? TCP_STATES[event->to].name : "", false);
    csv_cell(out, !real ? "" : tuple->family == FAMILY_INET6 ? "inet6" : "inet", false);
    text[0] = '\0';
    if (real)
        addr_format(text, sizeof(text), &tuple->local, tuple->family, NULL);
    csv_cell(out, text, false);
    put_csv_number(out, real, tuple->local_port);
    text[0] = '\0';
    if (real && remote)
        addr_format(text, sizeof(text), &tuple->remote, tuple->family, NULL);
    csv_cell(out, text, false);
    put_csv_number(out, real && remote, tuple->remote_port);
    put_csv_number(out, event->pid != 0, (uint64_t)event->pid);
    csv_cell(out, event->name, false);
    put_csv_ms(out, event->kind == EVENT_STATE && event->has_duration, event->duration_ns);
    put_csv_ms(out, event->kind == EVENT_CLOSE && event->has_duration, event->duration_ns);
    put_csv_number(out, event->has_totals, event->in_bytes);
    put_csv_number(out, event->has_totals, event->out_bytes);
    put_csv_rest(out, event, place);
    csv_word(out, &EVENT_END_WORDS, event->end);
    csv_word(out, &EVENT_RESET_WORDS, event->reset_why);
    csv_word(out, &EVENT_ERROR_WORDS, event->error);
    buffer_text(out, ",,,,,,\n"); /* what only findings have */
}

static void csv_end(struct buffer *out, const struct finding_subject *subject, bool there)
{
    char text[ADDR_TEXT_MAX] = "";

    if (there)
        addr_format(text, sizeof(text), &subject->address, subject->family, NULL);
    csv_cell(out, text, false);
    put_csv_number(out, there && subject->port, subject->port);
}

static void csv_time(struct buffer *out, int64_t wall_ns, bool first)
{
    char text[40] = "";

    if (wall_ns)
        text_rfc3339(text, sizeof(text), wall_ns);
    csv_cell(out, text, first);
}

void event_csv_finding(struct buffer *out, const struct finding_step *step)
{
    const struct finding *finding = &step->finding;
    const struct finding_subject *subject = &finding->subject;
    const bool is_local = subject->kind == SUBJECT_LISTENER;

    csv_time(out, step->wall_ns, true);
    buffer_text(out, ",finding,,");
    csv_cell(out,
             !subject->family                  ? ""
             : subject->family == FAMILY_INET6 ? "inet6"
                                               : "inet",
             false);
    csv_end(out, subject, subject->family && is_local);
    csv_end(out, subject, subject->family && !is_local);
    put_csv_number(out, subject->pid > 0, (uint64_t)subject->pid);
    csv_cell(out, subject->name, false);
    buffer_text(out,
                ",,,,"); /* what only connections have: from_ms .. out_bytes, rtt_us .. error */
    buffer_text(out, ",,,,,,,,,,,,,,,");
    csv_cell(out, finding->detector->id, false);
    csv_cell(out, words_name(&FINDING_STEP_WORDS, step->kind), false);
    csv_cell(out, severity_name((enum finding_severity)finding->severity), false);
    csv_time(out, finding->since_ns, false);
    csv_time(out, finding->ended_ns, false);
    csv_cell(out, finding->title, false);
    buffer_char(out, '\n');
}
