# AppArmor profile of tcplens, in complain mode: what it would refuse is in the kernel's log, nothing is refused.
# The tests compile it; it has not been loaded into a kernel yet.
abi <abi/3.0>,
include <tunables/global>

profile tcplens /usr/bin/tcplens flags=(complain) {
  include <abstractions/base>
  include <abstractions/nameservice>

  capability net_admin,
  capability sys_ptrace,
  capability dac_read_search,
  capability dac_override,
  capability bpf,
  capability perfmon,
  capability sys_admin,
  capability kill,

  network netlink,
  network inet stream,
  network inet6 stream,

  signal send,
  ptrace read,

  /usr/bin/tcplens mr,
  @{PROC}/ r,
  @{PROC}/** r,
  @{sys}/** r,
  /etc/services r,
  /etc/terminfo/** r,
  /usr/share/terminfo/** r,
  /run/netns/ r,
  /dev/tty rw,
  owner @{HOME}/.config/tcplens/** rw,
  owner @{HOME}/.local/state/tcplens/** rw,
  owner /var/lib/tcplens/** rw,
  owner /var/lib/private/tcplens/** rw,
}
