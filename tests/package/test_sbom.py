#!/usr/bin/env python3
"""The bill of materials names every library that the loader loads, in the version that dpkg has, and nothing twice.

    test_sbom.py SBOM.PY PROGRAM COMPILER"""
import json
import re
import shutil
import subprocess
import sys


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    script, program, compiler = sys.argv[1:]
    if not (shutil.which("readelf") and shutil.which("dpkg-query")):
        print("no readelf or dpkg here")
        sys.exit(77)
    command = (sys.executable, "-B", script, program, "1.2.3", compiler)
    text = output_of(*command)
    made = json.loads(text)
    assert made["bomFormat"] == "CycloneDX" and made["metadata"]["component"]["version"] == "1.2.3", made["metadata"]
    refs = [component["bom-ref"] for component in made["components"]]
    assert len(refs) == len(set(refs)), refs
    required = {c["name"]: c for c in made["components"] if c["scope"] == "required"}
    loaded = set(re.findall(r"^\s*(\S+) => /", output_of("ldd", program), re.M))
    assert set(required) == loaded, set(required) ^ loaded
    versions = dict(line.split("\t") for line in output_of(
        "dpkg-query", "--show", "--showformat=${Package}\t${Version}\n").splitlines())
    for name, component in required.items():
        package = re.match(r"pkg:deb/debian/([^@]+)@", component.get("purl", ""))
        assert not package or component["version"] == versions[package[1]], (name, component)
    assert any("purl" in component for component in required.values()), required
    for entry in made["dependencies"]:
        assert set(entry["dependsOn"]) <= set(refs), entry
    assert "libc.so.6" in made["dependencies"][0]["dependsOn"], made["dependencies"][0]
    assert [c for c in made["components"] if c["scope"] == "excluded"], "what it was compiled with"
    assert output_of(*command) == text, "not the same bytes twice"


if __name__ == "__main__":
    main()
