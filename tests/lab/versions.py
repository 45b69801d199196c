"""What a case says of versions: what it needs, and what another version of a library or a server
does otherwise. They are those of Debian's packages, installed or unpacked for the lab."""
import functools
import pathlib
import re
import subprocess

UNPACKED = pathlib.Path(__file__).resolve().parents[2] / "build" / "mta"
# The group that the lab's servers and the program agree upon where a case says nothing of it.
GROUPS = [("openssl 3.5", "X25519MLKEM768"), ("openssl 3.0", "X25519")]


@functools.cache
def version(package):
    """Of the upstream, as text."""
    unpacked = dict(line.split() for line in (UNPACKED / "complete").read_text().splitlines())
    found = unpacked.get(package) or subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], stdout=subprocess.PIPE, text=True,
        check=True).stdout
    return re.fullmatch(r"(?:\d+:)?(.+?)(?:-[^-]*)?", found)[1]


def numbers(text):
    return [int(number) for number in re.findall(r"\d+", text)]


def has(need):
    """Whether this system has a package in a version, "openssl 3.5", or a newer one."""
    package, least = need.split()
    return numbers(version(package)) >= numbers(least)


def pick(rows):
    """What the first row says whose version this system has."""
    return next(what for need, what in rows if has(need))


def group():
    return pick(GROUPS)


def missing(spec):
    """Why a case cannot be shown here; empty where it can."""
    need = spec.get("needs")
    if need is None or has(need):
        return ""
    return f"needs {need}, and this is {version(need.split()[0])}"


def settle(spec):
    """Puts what this system's versions say in the place of what others do. What is replaced must be
    there: nothing that is said of a version is without effect."""
    for row in spec.pop("versions", []):
        if not has(row["of"]):
            continue
        spec["findings"] = row.get("findings", spec.get("findings"))
        for old, new in row["replace"]:
            keys = [key for key in spec
                    if key.startswith(("expected", "stderr")) and old in spec[key]]
            assert keys, f"{row['of']}: {old} is not expected"
            for key in keys:
                spec[key] = spec[key].replace(old, new)
    return spec
