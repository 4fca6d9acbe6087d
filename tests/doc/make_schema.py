"""doc/schema.json: what `list --json` and `events --json` write, and the `failure` lines of a session log, as a JSON Schema.
Rows are made of the table of columns (the lines of column_keys), all else of the tables below; test_schema.py holds both against what the program writes."""
import json

TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$"}
COUNT = {"type": "integer", "minimum": 0}
DECIMAL = {"type": "number", "minimum": 0}
TEXT = {"type": "string"}
PORT = {"type": "integer", "minimum": 0, "maximum": 65535}
TYPES = {"string": TEXT, "number": COUNT, "time": TIME, "boolean": {"type": "boolean"}, "decimal": DECIMAL, "array": {"type": "array"}}

# What the type of a column does not say.
ROW_KEYS = {
    "lport": PORT, "rport": PORT,
    "owners": {"type": "array", "items": {
        "type": "object", "properties": {"pid": COUNT, "start": TIME, "comm": TEXT}, "required": ["pid"]}},
}
# Beside the columns.
OTHER_END = {"type": "object", "properties": {
    "state": TEXT, "netns": COUNT, "netns_name": TEXT, "cookie": TEXT, "pid": COUNT, "comm": TEXT, "several": COUNT},
    "additionalProperties": False}
EVENT_KEYS = {
    "ev": {"enum": ["open", "state", "close", "gap", "namespace"]}, "t": TIME, "seq": COUNT, "from": TEXT, "to": TEXT,
    "exact": {"const": True}, "proto": {"const": "tcp"}, "family": {"enum": ["inet", "inet6"]},
    "laddr": TEXT, "lport": PORT, "raddr": TEXT, "rport": PORT, "ifindex": COUNT, "netns": COUNT, "cookie": TEXT,
    "id": COUNT, "uid": COUNT, "user": TEXT, "pid": COUNT, "comm": TEXT, "unit": TEXT, "container": TEXT, "created_min": TIME, "created_max": TIME, "from_ms": DECIMAL, "duration_ms": DECIMAL,
    "in_bytes": COUNT, "out_bytes": COUNT, "rtt_us": COUNT, "retrans": COUNT, "count": COUNT, "since": TIME, "reason": TEXT,
    "end": {"enum": ["closed", "given-up", "reset-by-peer", "reset-by-us", "refused", "rejected", "timed-out", "unreachable",
                     "failed"]},
    "reset": {"enum": ["segment", "unread", "linger", "disconnect", "data-after-close", "memory", "keepalive", "ended"]},
    "error": TEXT, "host": TEXT, "clock_error_ms": DECIMAL, "netns_name": TEXT, "left": {"const": True},
}
FINDING_KEYS = {
    "ev": {"const": "finding"}, "t": TIME, "seq": COUNT,
    "step": {"enum": ["begin", "change", "holds", "end", "stop"]}, "id": COUNT, "finding": TEXT,
    "severity": {"enum": ["info", "warning", "critical"]}, "confidence": {"enum": ["possible", "likely", "proven"]},
    "host": TEXT, "netns": COUNT, "netns_name": TEXT,
    "subject": {"type": "object", "properties": {
        "kind": {"enum": ["host", "netns", "listener", "process", "peer", "target"]}, "address": TEXT, "port": PORT,
        "pid": COUNT, "comm": TEXT, "unit": TEXT, "start_ticks": COUNT}, "required": ["kind"], "additionalProperties": False},
    "since": TIME, "since_at_least": {"const": True}, "ended": TIME, "window_ms": COUNT,
    "evidence": {"type": "array", "items": {"type": "object", "properties": {
        "fact": TEXT, "value": {"type": "number"}, "limit": {"type": "number"}, "unit": TEXT}, "required": ["fact", "value"],
        "additionalProperties": False}},
    "filter": TEXT, "title": TEXT, "causes": {"type": "array", "items": COUNT},
}
FAILURE_KEYS = {
    "ev": {"const": "failure"}, "t": TIME, "seq": COUNT, "call": {"enum": ["bind", "connect"]}, "errno": COUNT, "error": TEXT,
    "family": {"enum": ["inet", "inet6"]}, "laddr": TEXT, "lport": PORT, "raddr": TEXT, "rport": PORT, "netns": COUNT,
    "pid": COUNT, "comm": TEXT, "start_ticks": COUNT, "count": COUNT, "first": TIME, "last": TIME, "previous": TIME,
    "earlier": TIME,
}


def line_schema(keys, *required):
    return {"type": "object", "properties": keys, "required": ["ev", "t", "seq", *required], "additionalProperties": False}


def row_schema(columns):
    """columns: lines "KEY TYPE ID" of column_keys."""
    properties = {"other_end": OTHER_END}
    for line in columns:
        key, kind, _ = line.split()
        properties[key] = ROW_KEYS.get(key, TYPES[kind])
    return {"type": "object", "properties": properties, "additionalProperties": False}


def make_schema(columns):
    schemas = {
        "row": row_schema(columns), "event": line_schema(EVENT_KEYS),
        "finding": line_schema(FINDING_KEYS, "step", "id", "finding", "severity", "subject", "title"),
        "failure": line_schema(FAILURE_KEYS, "call", "errno", "count", "first", "last")}
    return json.dumps({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lines of tcplens list --json (#/$defs/row) and tcplens events --json (#/$defs/event: opens, states and closes; "
                 "#/$defs/finding), and failures in a session log (#/$defs/failure)",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in schemas],
        "$defs": schemas}, indent=1) + "\n"
