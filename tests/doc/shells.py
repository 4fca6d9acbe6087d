#!/usr/bin/env python3
"""Completions as typed into bash, zsh and fish, from where the package puts their files.

    shells.py PROGRAM COMPLETIONS [--table]

Each shell runs in a terminal of its own; a key of it inserts all that is offered, another one writes the line to a pipe.
--table prints each line with what came of it."""
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 20
# Ctrl-T, Ctrl-G, Ctrl-A and Ctrl-K: none of them is special to a terminal whose shell does not read keys yet.
INSERT_ALL, SHOW, CLEAR = b"\x14", b"\x07", b"\x01\x0b"

# Line, what must be offered, what must not. In quotes a shell may complete a word of the text, or all of it.
CASES = [
    ("tcplens ", ["top", "list", "metrics", "src", "rtt"], ["--json"]),
    ("tcplens help ", ["top", "record"], ["src", "help"]),
    ("tcplens he", ["help"], []),
    ("tcplens l", ["list", "local", "lport"], ["top"]),
    ("tcplens list --js", ["--json"], []),
    ("tcplens list --", ["--json", "--sort"], ["--theme", "--yes"]),
    ("tcplens close --", ["--dry-run", "--yes"], ["--json", "--theme"]),
    ("tcplens list --th", [], ["--theme"]),
    ("tcplens --theme ", ["dark", "light", "safe", "mono", "contrast"], ["state"]),
    ("tcplens --theme=s", ["--theme=safe"], []),
    ("tcplens --class=l", ["--class=listeners"], []),
    ("tcplens --columns state,rt", ["state,rtt", "state,rto"], ["rtt"]),
    ("tcplens --sort -rt", ["-rtt", "-rto"], ["--redact"]),
    ("tcplens list --sort=-rt", ["--sort=-rtt"], []),
    ("tcplens list state est", ["established"], []),
    ("tcplens list exclude ", ["listen", "time-wait", "connected"], ["src"]),
    ("tcplens list dp", ["dport"], []),
    ("tcplens list not sta", ["state", "state_age"], []),
    ("tcplens list port htt", ["http", "https"], []),
    ("tcplens list dport = :https", [":https"], []),
    ("tcplens list dev l", ["lo"], []),
    ("tcplens list user roo", ["root"], []),
    ("tcplens list offload off", ["Offloading", "Offloaded"], []),
    ("tcplens list 'state est", ["established"], []),
    ('tcplens list "state established and dp', ["dport"], []),
    ("tcplens list -i 3 li", [], ["list"]),
    ("tcplens replay ", ["here.jsonl.zst", "{state}/tcplens/kept.jsonl.zst"], ["src"]),
    ("tcplens summary he", ["here.jsonl.zst"], []),
    ("tcplens list --from he", ["here.jsonl.zst"], []),
    ("tcplens doctor --fail-on ", ["info", "warning", "critical"], []),
    ("tcplens doctor --only accept-q", ["accept-queue-full"], []),
    ("tcplens --skip accept-wait,accept-q", ["accept-wait,accept-queue-full"], []),
    ("tcplens --netns ", ["own", "all", "host"], []),
    ("tcplens doctor ", [], ["src", "list"]),
    ("tcplens list --host we", ["web-1", "web-2.example"], ["web-*", "web-3"]),
    ("tcplens list ssh:ann@web-2", ["ssh:ann@web-2.example"], []),
    ("tcplens doctor ssh:10", ["ssh:10.0.0.9"], ["ssh:web-1"]),
    ("tcplens list --hosts he", ["here.jsonl.zst"], []),
    ("tcplens map --by ", ["unit", "process", "host"], []),
    ("tcplens --theme o", ["ocean"], []),
]

BASH_START = """source /usr/share/bash-completion/bash_completion || source {share}/bash-completion/completions/tcplens
bind 'set completion-query-items 0'; bind 'set enable-bracketed-paste off'; bind '"\\C-t": insert-completions'
bind -x '"\\C-g": printf "%s\\0" "$READLINE_LINE" >&9'
printf 'ready\\0' >&9
"""
ZSH_START = """fpath=({share}/zsh/vendor-completions $fpath); autoload -Uz compinit; compinit -u -D; unsetopt auto_list
zstyle ':completion:all-matches:*' completer _all_matches _complete; zstyle ':completion:all-matches:*' insert yes
zle -C all-matches complete-word _generic; bindkey '^T' all-matches
show() {{ print -rn -- "$BUFFER" >&9; print -n '\\0' >&9 }}; zle -N show; bindkey '^G' show
printf 'ready\\0' >&9
"""


class Shell:
    """A shell in a terminal; what it writes to descriptor 9 comes to us."""

    def __init__(self, command, start, environment, folder):
        self.reader, writer = os.pipe()
        process, self.terminal = pty.fork()
        if process == 0:
            os.chdir(folder)
            os.dup2(writer, 9)
            os.set_inheritable(9, True)
            os.execvpe(command[0], command, environment)
        self.process = process
        os.close(writer)
        self.pending = b""
        start_file = folder / "start"
        start_file.write_text(start)
        self.type(f". {start_file}\n".encode())
        self.read("ready")

    def type(self, keys):
        os.write(self.terminal, keys)

    def read(self, what):
        deadline = time.monotonic() + DEADLINE_S
        while b"\0" not in self.pending:
            ready, _, _ = select.select([self.reader, self.terminal], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                sys.exit(f"{what}: the shell did not answer within {DEADLINE_S} s")
            if self.terminal in ready:
                os.read(self.terminal, 65536)  # its echo
            if self.reader in ready:
                self.pending += os.read(self.reader, 65536)
        text, _, self.pending = self.pending.partition(b"\0")
        return text.decode()

    def offers(self, line):
        # Of what is in quotes only one thing is offered; all together bash would insert without them.
        quoted = "'" in line or '"' in line
        self.type(line.encode() + (b"\t" if quoted else INSERT_ALL) + SHOW + CLEAR)
        shown = self.read(line)
        kept = line[:max(line.rfind(" "), line.rfind("'"), line.rfind('"')) + 1]
        return shown[len(kept):].replace("'", " ").replace('"', " ").split() if shown.startswith(kept) else [f"({shown})"]

    def close(self):
        os.kill(self.process, 9)
        os.waitpid(self.process, 0)
        os.close(self.terminal)
        os.close(self.reader)


class Fish:
    """fish says itself what it would offer."""

    def __init__(self, environment, folder):
        self.environment, self.folder = environment, folder

    def offers(self, line):
        run = subprocess.run(["fish", "-c", "complete -C \"$argv[1]\"", line], env=self.environment, cwd=self.folder,
                             capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        lines = [entry.split("\t")[0] for entry in run.stdout.splitlines()]
        return [word for entry in lines for word in [entry, *entry.split()]]

    def close(self):
        pass


def lay_out(program, completions, folder):
    share = folder / "share"
    for name, place in [("tcplens.bash", "bash-completion/completions/tcplens"),
                        ("_tcplens", "zsh/vendor-completions/_tcplens"),
                        ("tcplens.fish", "fish/vendor_completions.d/tcplens.fish")]:
        (share / place).parent.mkdir(parents=True)
        shutil.copy(completions / name, share / place)
    (folder / "bin").mkdir()
    (folder / "bin/tcplens").symlink_to(program)
    (folder / "here.jsonl.zst").touch()
    for name, text in [(".ssh/config", "Host web-1 web-* $(id) -oProxyCommand=id\n" + "Host " + "w" * 9000 + "\n"),
                       (".ssh/known_hosts", "web-2.example,10.0.0.9 ssh-ed25519 AAAA\n|1|a|b ssh-rsa A\n@revoked web-3 ssh-rsa A\n"),
                       (".config/tcplens/themes/ocean.theme", "")]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "state/tcplens").mkdir(parents=True)
    (folder / "state/tcplens/kept.jsonl.zst").touch()
    return {"HOME": str(folder), "PATH": f"{folder}/bin:{os.environ['PATH']}", "TERM": "dumb", "LC_ALL": "C.UTF-8",
            "XDG_DATA_DIRS": f"{share}:/usr/share", "XDG_STATE_HOME": f"{folder}/state", "COLUMNS": "1000"}


def unit_case(program):
    """Units are those of this machine: nothing to ask for where it runs none."""
    run = subprocess.run([program, "__complete", "list", "unit", ""], capture_output=True, text=True, check=True)
    return [("tcplens list unit ", [run.stdout.split("\n")[0]], ["src"])] if run.stdout else []


def start_shell(name, environment, folder):
    if not shutil.which(name):
        return None
    if name == "fish":
        return Fish(environment, folder)
    if name == "zsh":
        return Shell(["zsh", "-f", "-i"], ZSH_START.format(share=folder / "share"), environment, folder)
    return Shell(["bash", "--norc", "--noprofile", "-i"], BASH_START.format(share=folder / "share"), environment, folder)


def judge(shell, folder, case):
    line, wanted, unwanted = case
    offered = shell.offers(line)
    # bash completes behind "=": what stands before it stays in the line.
    missing = [word for word in (word.format(state=folder / "state") for word in wanted) if word not in offered
               and word.split("=")[-1] not in offered]
    extra = [word for word in unwanted if word in offered]
    return offered, [f"lacks {word}" for word in missing] + [f"offers {word}" for word in extra]


def main():
    program, completions = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    table, failures, cases = "--table" in sys.argv, 0, CASES + unit_case(program)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = lay_out(program, completions, folder)
        for shell_name in ("bash", "zsh", "fish"):
            shell = start_shell(shell_name, environment, folder)
            if not shell:
                print(f"{shell_name} is not here: not tried")
                continue
            for case in cases:
                offered, wrong = judge(shell, folder, case)
                failures += bool(wrong)
                if wrong or table:
                    print(f"{shell_name:5} {case[0]:44} {'; '.join(wrong) or 'right'}: {' '.join(offered)[:90]}")
            shell.close()
            print(f"{shell_name}: {len(cases)} lines")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
