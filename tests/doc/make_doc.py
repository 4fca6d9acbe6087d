#!/usr/bin/env python3
"""Makes what doc/ says of the program's tables: the lists in doc/tcplens.1, findings, metrics.

    make_doc.py WORDS DOC --write   writes them
    make_doc.py WORDS DOC --check   exit 1 if they are not as the tables are

WORDS is the program that prints the tables (words.c), DOC the folder."""
import pathlib
import re
import subprocess
import sys

import make_schema

MADE = "made from the program's tables by tests/doc/make_doc.py; do not edit it here"


def read_tables(program):
    tables = {}
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        kind, *fields = line.split("\t")
        tables.setdefault(kind, []).append(fields)
    for option in tables["option"]:
        option[4] = option[4].split()
    return tables


# --- the man page

def roff(text):
    text = text.replace("\\", "\\e").replace("\"", "\\(dq")
    return "\\&" + text if text[:1] in ".'" else text


def argument(text):
    """One argument of a macro: in quotes, and not taken for a macro or a delimiter itself."""
    text = text.replace("\\", "\\e").replace("\"", "\\(dq").replace("-", "\\-")
    return '"\\&' + text + '"'


def tagged(items, width):
    return [f".Bl -tag -width {width} -compact"] + [line for item in items for line in item] + [".El"]


def man_commands(tables):
    return tagged(([f".It Cm {name}" + (f" Ar {argument(operands)}" if operands else ""), roff(text)]
                   for name, operands, text in tables["command"]), "record")


def man_options(tables):
    letters = {"replay": "p", "metrics": "m", "map": "a"}
    items = []
    for name, letter, value, text, commands in tables["option"]:
        forms = ([f"Fl {letter}"] if letter else []) + ([f"Fl Fl {name}"] if name else [])
        takers = "".join(letters.get(command, command[0]) for command in commands)
        items.append([".It " + " , ".join(forms) + (f" Ar {argument(value)}" if value else ""),
                      roff(f"{text} [{takers}]")])
    return tagged(items, "20n")


def man_keys(tables):
    lines, group = [], None
    titles = list(dict.fromkeys(title for title, _, _ in tables["key"]))
    for title, keys, text in sorted(tables["key"], key=lambda key: titles.index(key[0])):
        if title != group:
            lines += ([".El"] if group else []) + [f".Ss {title}", ".Bl -tag -width 9n -compact"]
            group = title
        lines += [f".It Ic {argument(keys)}", roff(text)]
    return lines + [".El"]


def man_words(words):
    return [f".Cm {argument(word)}" + (" ," if i + 1 < len(words) else " .")
            for i, word in enumerate(words)]


def man_columns(tables):
    return tagged(([f".It Cm {name}", roff(text)] for name, text in tables["column"]), "16n")


def man_settings(tables):
    lines, section = [], None
    for name, key, value, text in tables["setting"]:
        if name != section:
            lines += ([".El"] if section else []) + [f".Ss [{name}]", ".Bl -tag -width 12n -compact"]
            section = name
        lines += [f".It Cm {argument(key)} = Ar {argument(value)}", roff(text)]
    return lines + [".El"]


def man_roles(tables):
    return tagged(([f".It Cm {argument(name)}", roff(text)] for name, text in tables["role"]), "state-opening")


def make_man(tables, old):
    blocks = {"commands": man_commands(tables), "options": man_options(tables), "keys": man_keys(tables),
              "fields": man_words([word for word, in tables["field"]]),
              "states": man_words([word for word, in tables["state"]]),
              "columns": man_columns(tables), "settings": man_settings(tables),
              "roles": man_roles(tables)}
    for name, lines in blocks.items():
        pattern = re.compile(rf'(\.\\" begin {name}\n).*?(\.\\" end {name}\n)', re.S)
        body = "\n".join(line.rstrip() for line in lines) + "\n"
        old, count = pattern.subn(lambda match: match[1] + body + match[2], old)
        if count != 1:
            sys.exit(f"make_doc: tcplens.1 has {count} places for {name}")
    return old


# --- findings

FINDINGS_HEAD = f"""# Findings

<!-- {MADE} -->

What `tcplens doctor` looks for: each detector with what proves it, its limits and what to do. Limits are changed by
`--set ID.KEY=VALUE`, detectors chosen by `--only` and `--skip`; [json.md](json.md) describes `--json`.

* Counters count since boot: only their growth over a window is a finding, never a total.
* A finding begins when it holds in two of three frames, or for as long as stated, and ends after 15 s without it, or with its listener or process.
* A detector that cannot be checked (no permission, not in this kernel, too few frames) says so. No finding is not the same as healthy.
* Without root a detector sees what it sees with it, but where the opposite is said.
* *Proven*: the kernel counted it, or the rows show it; *likely*: a pattern; *possible*: one explanation among others.
"""


def make_findings(tables):
    lines, section = [FINDINGS_HEAD], None
    sections = list(dict.fromkeys(row[0] for row in tables["detector"]))
    rows = sorted(tables["detector"], key=lambda row: sections.index(row[0]))
    for name, ident, worst, title, proof, meaning, without_root in rows:
        if name != section:
            lines.append(f"## {name.capitalize()}\n")
            section = name
        lines.append(f"### {ident}\n\n{title[0].upper()}{title[1:]}. At worst {worst}.\n\n{meaning}\n")
        lines.append(f"* Proof: {proof}")
        lines += [f"* `{ident}.{key}={value}`{' ' + unit if unit else ''}: {text}"
                  for owner, key, value, unit, text in tables["limit"] if owner == ident]
        if without_root:
            lines.append(f"* Without root: {without_root}")
        lines += [f"* Do: {text}" for owner, text in tables["advice"] if owner == ident]
        lines.append("")
    return "\n".join(lines)


# --- metrics

def make_metrics(program, old):
    table = document(program, "metrics")
    made, count = re.subn(r"(<!-- begin metrics -->\n).*?(<!-- end metrics -->\n)",
                          lambda match: match[1] + table + match[2], old, flags=re.S)
    if count != 1:
        sys.exit(f"make_doc: metrics.md has {count} places for the table of metrics")
    return made


def document(program, name):
    return subprocess.run([program, name], check=True, capture_output=True, text=True).stdout


# --- the README: its line on the screen names the views

def make_readme(tables, old):
    views = ", ".join(title.lower() for title, in tables["view"])
    made, count = re.subn(r"^(tcplens +# the screen: ).*$", lambda match: match[1] + views, old, flags=re.M)
    if count != 1:
        sys.exit(f"make_doc: README.md has {count} lines for the views of the screen")
    return made


def check_exit_codes(tables, man):
    for code, in tables["exit"]:
        if f".It {code}\n" not in man:
            sys.exit(f"make_doc: tcplens.1 does not tell exit code {code}")


def main():
    program, folder, mode = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    tables = read_tables(program)
    man = folder / "tcplens.1"
    readme = folder.parent / "README.md"
    made = {man: make_man(tables, man.read_text()),
            readme: make_readme(tables, readme.read_text()),
            folder / "findings.md": make_findings(tables),
            folder / "metrics.md": make_metrics(program, (folder / "metrics.md").read_text()),
            folder / "metrics-alerts.yml": document(program, "rules"),
            folder / "metrics-dashboard.json": document(program, "dashboard"),
            folder / "schema.json": make_schema.make_schema(document(program, "columns").splitlines())}
    check_exit_codes(tables, made[man])
    stale = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    if mode == "--write":
        for path in stale:
            path.write_text(made[path])
            print(f"written: {path}")
    elif stale:
        names = ", ".join(str(path.relative_to(folder.parent)) for path in stale)
        sys.exit(f"{names}: not as the program's tables are. cmake --build BUILD --target docs mends it.")


if __name__ == "__main__":
    main()
