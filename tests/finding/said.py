#!/usr/bin/env python3
"""What doctor finds in so many seconds, a line for each finding of these detectors: its id, severity,
confidence, port of its subject, and how many rows its filter shows at the end.

    said.py TCPLENS SECONDS ID[,ID] [OPTION...]"""
import json
import subprocess
import sys


def rows_of(tcplens, accepted):
    listed = subprocess.run([tcplens, "list", "--json", accepted], capture_output=True, text=True, check=True)
    return sum(line.startswith('{"state":') for line in listed.stdout.splitlines())


def main():
    tcplens, seconds, wanted, *options = sys.argv[1:]
    found = subprocess.run([tcplens, "doctor", "--json", "--for", seconds + "s", "--only", wanted,
                            *options],
                           capture_output=True, text=True, check=False)
    if found.returncode > 2:
        sys.exit("doctor: " + found.stderr)
    for line in found.stdout.splitlines():
        said = json.loads(line)
        if "finding" in said:
            rows = rows_of(tcplens, said["filter"]) if said["filter"] else "-"
            print(said["finding"], said["severity"], said["confidence"],
                  said["subject"].get("port", "-"), rows)
    for missing in said["not_checked"]:
        if missing["reason"] != "off":
            print(missing["finding"], "not checked:", missing["reason"])


if __name__ == "__main__":
    main()
