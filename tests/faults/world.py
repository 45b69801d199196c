"""A small lab and the program in it: runs, and what may come of a run in which something fails."""
import asyncio
import collections
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
import lab  # noqa: E402
import zones  # noqa: E402

LIMIT_SECONDS = 60
AT_ONCE = 4
CASES = "^(good-dane-ee|E50-|E74-silence|Z04-)"
SAFE = pathlib.Path("/mnt")  # a file system of ours, where everybody can read
MODES = ("n", "embedded")
Result = collections.namedtuple("Result", "out err status")


class World:
    """`good` matches, `bad` has TLSA records that match nothing, `silent` has a server that hangs,
    `large` has more TLSA records than UDP brings."""

    def __init__(self, build, seed, everything):
        self.binary, self.tools = build / "mxdane", build / "faults"
        self.random, self.everything = random.Random(seed), everything
        self.lab = lab.Lab(pattern=CASES)
        self.good, self.bad, self.silent, self.large = (
            next(case for case in self.lab.cases if case.name.startswith(prefix))
            for prefix in ("good", "E50", "E74", "Z04"))
        self.gate = asyncio.Semaphore(AT_ONCE)

    async def start(self):
        await self.lab.start()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", SAFE], check=True)
        for file in (self.binary, self.lab.directory / "root.key", self.lab.directory / "root.hints"):
            shutil.copy(file, SAFE)

    def stop(self):
        self.lab.stop()

    def command(self, mode, *words, binary=None):
        return [str(binary or self.binary), *self.lab.options(mode), "-R", "--pause", "0",
                *map(str, words)]

    def safe_command(self, mode, *words):
        """With files that are not in /tmp and that anybody can read."""
        files = ["--trust-anchor", SAFE / "root.key", "--root-hints", SAFE / "root.hints"]
        resolver = self.lab.options("n") if mode == "n" else files
        return [str(word) for word in (SAFE / "mxdane", *resolver, "-R", "--pause", "0", *words)]

    async def start_program(self, command, environment=None, **how):
        return await asyncio.create_subprocess_exec(
            *map(str, command), **{"stdin": asyncio.subprocess.DEVNULL,
                                   "stdout": asyncio.subprocess.PIPE,
                                   "stderr": asyncio.subprocess.PIPE, **how},
            env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})})

    async def run(self, command, environment=None, meanwhile=None, **how):
        """All of a run; what does not end is an error. `meanwhile` gets the process."""
        async with self.gate:
            process = await self.start_program(command, environment, **how)
            try:
                if meanwhile:
                    await meanwhile(process)
                out, err = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        return Result((out or b"").decode(errors="backslashreplace"),
                      (err or b"").decode(errors="backslashreplace"), process.returncode)

    async def restart_resolver(self, process):
        """Kills unbound; a new one comes once the program has met its absence."""
        processes = self.lab.processes
        old = next(process for process in processes if process.args[0] == "unbound")
        before = refused()
        old.kill()
        old.wait()
        await wait_until(lambda: refused() > before or process.returncode is not None,
                         "a question that is refused")
        new = subprocess.Popen(old.args, stderr=subprocess.DEVNULL)
        processes[processes.index(old)] = new
        zones.wait_for_port(zones.UNBOUND, 53, new)

    def sanitized(self):
        """A sanitizer's build has no sandbox, and needs more of everything."""
        return b"__asan_init" in self.binary.read_bytes()


def refused():
    """Datagrams of this namespace to ports where nobody listens."""
    names, values = re.findall(r"^Udp: (.*)$", pathlib.Path("/proc/net/snmp").read_text(), re.M)
    return int(dict(zip(names.split(), values.split()))["NoPorts"])


async def wait_until(condition, what):
    """Polls; what never comes is an error."""
    for _ in range(LIMIT_SECONDS * 100):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"never: {what}")


def expected(case):
    return case.expand(case.spec["expected"]).strip() + "\n"


def is_right(case, result):
    """As if nothing had failed."""
    return result == Result(expected(case), "", case.spec.get("status", 0))


def is_own_failure(case, result):
    """Status 2 and one line that says why; what was printed before is whole."""
    return (result.status == 2 and re.fullmatch(r"mxdane: [^\n]+\n", result.err) is not None
            and result.out in ("", expected(case)))


def is_honest(case, result):
    return is_right(case, result) or is_own_failure(case, result)


def expect(holds, what, result):
    assert holds, f"{what}: status {result.status}, {result.err!r}, {result.out[-300:]!r}"
