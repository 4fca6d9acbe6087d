#!/usr/bin/env python3
"""Writes a bill of materials (CycloneDX 1.5) of the built program: the libraries that it loads, with the Debian packages
and versions that they come from, the programs in the kernel, and what it was compiled with.

    sbom.py PROGRAM VERSION COMPILER [BPF_CLANG BPFTOOL]

Libraries are read from the ELF headers, packages from dpkg; a library of no package has a name and nothing else. The same
program and packages give the same bytes; the time is SOURCE_DATE_EPOCH, or none."""
import datetime
import json
import os
import re
import subprocess
import sys
import urllib.parse
import uuid


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed_by(path):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "--dynamic", path))


def loaded_by(program):
    """Where the loader finds each library, by the name that others need it by."""
    return dict(re.findall(r"^\s*(\S+) => (\S+)", output_of("ldd", program), re.M))


def places_of(path):
    """As dpkg may know it: with /usr merged, a path is not what it was installed as."""
    return [path, os.path.realpath(path), "/usr" + path, path.removeprefix("/usr")]


def packages_of(paths):
    """By path, the fields of the Debian package that it belongs to; nothing where there is none."""
    places = {place: path for path in paths for place in places_of(path)}
    found = subprocess.run(["dpkg-query", "--search", *places], capture_output=True, text=True, check=False).stdout
    owners = {places[place]: name for name, place in re.findall(r"^([^, ]+): (.*)$", found, re.M) if place in places}
    if not owners:
        return {}
    shown = output_of("dpkg-query", "--show", "--showformat=${Package}\t${Package}:${Architecture}\t${Version}\t"
                      "${Architecture}\t${source:Package}\t${source:Version}\n", *sorted(set(owners.values())))
    packages = {}
    for line in shown.splitlines():
        name, full_name, *fields = line.split("\t")
        packages[name] = packages[full_name] = dict(zip(("version", "arch", "source", "source_version"), fields),
                                                    name=name)
    return {path: packages[name] for path, name in owners.items()}


def component(kind, name, package, scope):
    made = {"type": kind, "bom-ref": name, "name": name, "scope": scope}
    if package:
        made["version"] = package["version"]
        version = urllib.parse.quote(package["version"], safe="")
        made["purl"] = f"pkg:deb/debian/{package['name']}@{version}?arch={package['arch']}"
        made["properties"] = [{"name": "debian:source", "value": f"{package['source']} {package['source_version']}"}]
    return made


def main():
    program, version, compiler, *bpf_tools = sys.argv[1:]
    libraries = loaded_by(program)
    tools = list(dict.fromkeys(os.path.realpath(tool) for tool in (compiler, *bpf_tools)))
    packages = packages_of([*libraries.values(), *tools])
    commit = re.search(r"\(commit ([^)]*)\)", output_of(program, "--version"))
    root = {"type": "application", "bom-ref": "tcplens", "name": "tcplens", "version": version,
            "licenses": [{"license": {"id": "MIT"}}]}
    if commit:
        root["properties"] = [{"name": "commit", "value": commit[1]}]
    components = [component("library", name, packages.get(path), "required") for name, path in sorted(libraries.items())]
    depends = [{"ref": "tcplens", "dependsOn": sorted(set(needed_by(program)) & set(libraries))}]
    depends += [{"ref": name, "dependsOn": sorted(set(needed_by(path)) & set(libraries))}
                for name, path in sorted(libraries.items())]
    if bpf_tools:
        components.append({"type": "library", "bom-ref": "bpf", "name": "tcplens BPF programs", "version": version,
                           "scope": "required", "licenses": [{"expression": "MIT OR GPL-2.0-only"}]})
        depends[0]["dependsOn"].append("bpf")
    components += [component("application", os.path.basename(tool), packages.get(tool), "excluded") for tool in tools]
    made = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": root},
            "components": components, "dependencies": depends}
    made["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(made, sort_keys=True)).urn
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        moment = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc)
        made["metadata"]["timestamp"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    json.dump(made, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
