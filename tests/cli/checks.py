"""What tests in Python say of what they check, and their exit code."""

failures = 0


def check(what, holds, seen=""):
    global failures
    print("ok:" if holds else "FAILED:", what, "" if holds else seen)
    failures += not holds


def exit_code():
    return int(failures > 0)
