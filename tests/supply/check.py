"""Reads bills of materials with CycloneDX's own library, and holds them against
what cargo says: check.py FOLDER"""

import json
import pathlib
import re
import subprocess
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

WORKFLOWS = pathlib.Path(".github/workflows")
# An action by the digest of its commit, with the version for people.
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v[\d.]+$")


def crates(crate, target):
    """Name and version of whatever cargo builds into a program."""
    command = ["cargo", "tree", "--locked", "--offline", "--package", crate, "--target", target]
    command += ["--edges", "normal", "--prefix", "none", "--format", "{p}"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    words = [line.split() for line in lines if line]
    return {(name, version.removeprefix("v")) for name, version, *_ in words} - {(crate, version_of_all())}


def version_of_all():
    """The one version of the workspace."""
    return re.search(r'^version = "(.*)"$', pathlib.Path("Cargo.toml").read_text(), re.M)[1]


def check(path):
    """All that is wrong with the bill of materials at `path`."""
    text = path.read_text()
    error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
    if error:
        return [f"{path.name}: not CycloneDX 1.5: {error}"]
    crate, target = re.match(r"muster-(\w+)-[\d.]+-(.*)\.cdx\.json", path.name).groups()
    listed = {(part["name"], part["version"]) for part in json.loads(text)["components"]}
    built = crates(crate, target)
    faults = [f"{path.name}: {name} {version} is missing" for name, version in sorted(built - listed)]
    if not faults:
        print(f"{path.name}: {len(listed)} components; cargo builds {len(built)}, all of them listed")
    return faults


def unpinned():
    """Lines that use an action by a name that somebody else can move."""
    files = sorted(WORKFLOWS.glob("*.yml"))
    lines = [(file, line.strip()) for file in files for line in file.read_text().splitlines()]
    uses = [(file, line) for file, line in lines if re.match(r"(- )?uses:", line)]
    print(f"{len(uses)} uses of actions in {len(files)} workflows")
    return [f"{file}: `{line}` is not pinned" for file, line in uses if not PINNED.search(line)]


def main():
    """Prints every fault; exits with 1 when there is one."""
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.cdx.json"))
    faults = [fault for path in paths for fault in check(path)] + unpinned()
    if len(paths) != 4:
        faults.append(f"{sys.argv[1]}: {len(paths)} bills of materials, not 4")
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(bool(faults))


main()
