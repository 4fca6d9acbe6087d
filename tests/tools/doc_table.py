#!/usr/bin/env python3
"""A table of what a script tried, aligned, on standard output and into a document.

    doc_table.py SCRIPT DOCUMENT|- TITLE... < ROWS     cells of a row are separated by tabs

The document has the lines "<!-- SCRIPT --doc: begin -->" and "<!-- end -->"; what is between becomes the table.
"""
import datetime
import pathlib
import sys


def aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return lines


def write_between_marks(path, script, lines):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    head, rest = text.split(f"<!-- {script} --doc: begin -->")
    tail = rest.split("<!-- end -->", 1)[1]
    pathlib.Path(path).write_text("\n".join([f"{head}<!-- {script} --doc: begin -->", *lines, "<!-- end -->"]) + tail,
                                  encoding="utf-8")


def main(script, document, *titles):
    rows = [list(titles)] + [line.rstrip("\n").replace("|", "/").split("\t") for line in sys.stdin]
    lines = aligned(rows)
    print(*lines, sep="\n")
    if document != "-":
        today = datetime.date.today()
        write_between_marks(document, script, [f"{today.day} {today:%B %Y}.", "", *lines])


if __name__ == "__main__":
    main(*sys.argv[1:])
