"""Runs a checker of tests/style or tests/layers, as ctest does, over a tree with planted violations."""

import os
import subprocess
import sys
import tempfile


def run_checker(checker, files):
    """Exit code and printed lines for a tree of these files (name -> text)."""
    with tempfile.TemporaryDirectory() as top:
        for name, text in files.items():
            path = os.path.join(top, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        result = subprocess.run([sys.executable, '-B', checker, top], capture_output=True,
                                text=True, check=False)
    return result.returncode, result.stdout.split('\n')
