#!/bin/bash
# Makes doc/incident.svg, the film of the README: the staged outage of the demo, as it is found and followed on the real
# screen. Takes a minute, as the outage does.
#
# usage: make_film.sh TCPLENS SCREEN_PICTURE DOC_FOLDER
set -eu
if [ $# -ne 3 ]; then
    sed -n '2,5p' "$0" >&2
    exit 2
fi
steps='
wait:ESTAB quiet:300 shot:3:an_ordinary_morning_on_web1
wait:accept_queue quiet:200 shot:4:one_line_says_what_is_wrong,_in_every_view
! wait:SEVERITY quiet:200 shot:4:!___all_that_is_wrong,_causes_before_their_consequences
i wait:Esc_back quiet:200 shot:6:i___what_it_means,_what_proves_it,_what_to_do
<Esc> quiet:100 <Enter> wait:REMOTE quiet:200 shot:4:Enter___exactly_its_connections
<Esc> quiet:100 3 wait:BACKLOG quiet:200 shot:4:3___the_listener:_its_queue_is_full
/java<Enter> quiet:100 K wait:Enter_send quiet:200 shot:4:F9___end_the_process_that_does_not_accept
<Esc> quiet:200 <Esc> quiet:200 7 wait:ended quiet:200
shot:4:it_accepts_again:_the_finding_has_ended,_and_stays_on_record
'
"$2" --size 110x30 --deadline 90000 --out "$3/incident.svg.new" --env TZ=UTC --steps "$steps" -- \
    "$1" --demo incident,3 -i 1 --theme dark
mv "$3/incident.svg.new" "$3/incident.svg"
size=$(stat -c %s "$3/incident.svg")
echo "$3/incident.svg: $size bytes"
[ "$size" -lt 500000 ]
