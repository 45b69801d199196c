"""mxdane over lists of a farm's domains, and what a run of it cost."""
import collections
import os
import pathlib
import re
import subprocess
import time

import zones

LIMIT_SECONDS = 300
Result = collections.namedtuple("Result", "out err status memory seconds cpu loop")


def wait_until(condition, what, seconds=LIMIT_SECONDS):
    """Polls; what never comes is an error."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.005)


def expect(found, wanted):
    assert found == wanted, f"{found}, not {wanted}"


def answered(text):
    """Domain -> how many blocks it has."""
    names = re.findall(r"^(\S+)\. IN DS |^(.*) IN MX \? ; AD=0 Invalid$", text, re.M)
    return collections.Counter(name or invalid for name, invalid in names)


def connections():
    """TCP connections that this namespace has opened."""
    names, values = re.findall(r"^Tcp: (.*)$", pathlib.Path("/proc/net/snmp").read_text(), re.M)
    return int(dict(zip(names.split(), values.split()))["ActiveOpens"])


def expect_each_once(text, names):
    counts = answered(text)
    assert counts == collections.Counter(names), \
        f"{sum(counts.values())} answers for {len(names)} domains"


def journal_lines(journal):
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def sessions(protocol):
    """Connections to port 25 that are open at this moment; those that hang are the "tcp6" ones."""
    rows = pathlib.Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]
    return sum(fields[2].endswith(":0019") and fields[3] == "01"
               for fields in map(str.split, rows))


class Usage:
    """What a process has used until it was last looked at."""

    def __init__(self, pid):
        self.directory, self.pid = pathlib.Path(f"/proc/{pid}"), pid
        self.memory, self.threads = 0, {}

    def look(self):
        """Peak resident kilobytes; nanoseconds of each thread."""
        try:
            text = (self.directory / "status").read_text()
            self.memory = max([self.memory, *map(int, re.findall(r"VmHWM:\s+(\d+)", text))])
            for thread in (self.directory / "task").iterdir():
                self.threads[int(thread.name)] = int((thread / "schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass  # a thread, or the process, has ended

    def loop(self):
        """The share of the first thread, which runs the loop."""
        return self.threads.get(self.pid, 0) / max(sum(self.threads.values()), 1)


class Program:
    """The program with the options that the farm needs."""

    def __init__(self, binary, the_farm):
        self.binary, self.farm = binary, the_farm

    def command(self, names, *options):
        return [self.binary, "-n", zones.UNBOUND, "-R", *options, "-f", self.farm.list(names)]

    def start(self, names, *options, **streams):
        return subprocess.Popen(self.command(names, *options), **streams)

    def run(self, names, *options, limits=()):
        """All of it. Memory in kilobytes, cpu in seconds, loop as a share of it."""
        return measure([*limits, *self.command(names, *options)], self.farm.directory)

    def sanitized(self):
        """A sanitizer's memory says nothing about the program's."""
        return b"__asan_init" in pathlib.Path(self.binary).read_bytes()


def measure(command, directory):
    out, err = directory / "out", directory / "err"
    before, started = os.times(), time.monotonic()
    with open(out, "wb") as out_file, open(err, "wb") as err_file:
        process = subprocess.Popen(command, stdout=out_file, stderr=err_file)
        usage = Usage(process.pid)

        def ended():
            usage.look()
            return process.poll() is not None
        try:
            wait_until(ended, "the end of the run")
        finally:
            process.kill()
            process.wait()
    seconds, after = time.monotonic() - started, os.times()
    cpu = (after.children_user + after.children_system -
           before.children_user - before.children_system)
    return Result(out.read_bytes().decode(), err.read_bytes().decode(), process.returncode,
                  usage.memory, seconds, cpu, usage.loop())


def one_by_one(program, names, *options):
    """Feeds a name when the one before it was answered; the exit status."""
    process = subprocess.Popen([program.binary, "-n", zones.UNBOUND, "-R", *options, "-f", "-"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    out = b""
    for name in names:
        process.stdin.write(name.encode() + b"\n")
        while b"pass" not in out.rsplit(f"\n{name}. IN MX".encode())[-1]:
            out += process.stdout.readline()
            assert process.poll() is None, "it ended"
        out = b""
    process.stdin.close()
    process.stdout.read()
    return process.wait(LIMIT_SECONDS)
