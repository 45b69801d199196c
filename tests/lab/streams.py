"""Where a list comes from, and where its blocks and its progress go."""
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import termios

import zones
from program import (LIMIT_SECONDS, answered, expect_each_once, journal_lines, one_by_one, sessions,
                     wait_until)


def check_formats(program):
    """A list in the formats for programs: each domain once, with a journal where that can be."""
    names, journal = program.farm.names("s", 200), program.farm.directory / "journal-json"
    first = program.run(names, "--format", "json", "--journal", journal)
    again = program.run(names, "--format", "json", "--journal", journal)
    domains = sorted(json.loads(line)["input"] for line in first.out.splitlines())
    assert domains == sorted(names) and (first.status, again.status, again.out) == (0, 0, ""), again
    summary = program.run(names, "--format", "summary").out.splitlines()
    assert sorted(line.split("\t")[0] for line in summary) == sorted(names)
    metrics = program.run(names + names, "--format", "prometheus")
    assert metrics.out.count("\nmxdane_up{") == len(names), "a domain is missing, or stands twice"
    check = program.run(names + names, "--format", "nagios", "-q")
    assert check.status == 0 and check.out.startswith(f"DANE OK - {2 * len(names)} domains, "), check.out


def check_full_disk(program):
    """What cannot be written ends the run, be it the journal or the output."""
    place = program.farm.directory / "full"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", place], check=True)
    try:
        names = program.farm.names("s", 1000)
        result = program.run(names, "--journal", place / "journal")
        assert result.status == 2 and "No space left" in result.err, result.err
        assert journal_lines(place / "journal") < len(answered(result.out)) < len(names)
        (place / "journal").unlink()
        with open(place / "out", "wb") as out:
            process = program.start(names, stdout=out, stderr=subprocess.PIPE)
            _, err = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 2, process.returncode
        assert err == b"mxdane: standard output cannot be written\n", err
    finally:
        subprocess.run(["umount", place], check=True)


def check_slow_reader(program):
    """A reader that pauses holds up no session: all that is in flight comes to its end."""
    names = program.farm.names("o", 1000)
    process = program.start(names, stdout=subprocess.PIPE, bufsize=0)
    before = process.stdout.readline()
    wait_until(lambda: pipe_is_full(process.stdout) and sessions("tcp") == 0,
               "a full pipe and no open session")
    out, _ = process.communicate(timeout=LIMIT_SECONDS)
    program.check((before + out).decode())
    expect_each_once((before + out).decode(), names)
    assert process.returncode == 0, f"exit status {process.returncode}"


def pipe_is_full(stream):
    """No page is left in it."""
    held = struct.unpack("i", fcntl.ioctl(stream, termios.FIONREAD, b"\0" * 4))[0]
    return held > fcntl.fcntl(stream, fcntl.F_GETPIPE_SZ) // 2


def check_closed_pipe(program):
    """A reader that goes away ends the run."""
    process = program.start(program.farm.names("o"), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(LIMIT_SECONDS) == 2, process.returncode
    assert err == b"mxdane: standard output cannot be written\n", err


def check_slow_input(program):
    """A list from a pipe is answered as its lines come."""
    assert one_by_one(program, program.farm.names("s", 3)) == 0


def check_pipe_without_writer(program):
    """A named pipe that nobody writes to can be waited for, and the wait can be ended."""
    path = program.farm.directory / "fifo"
    os.mkfifo(path)
    process = subprocess.Popen([program.binary, "-n", zones.UNBOUND, "-f", path])
    opened = pathlib.Path(f"/proc/{process.pid}/fd")
    try:
        wait_until(lambda: any(os.path.realpath(fd) == str(path) for fd in opened.iterdir()),
                   "the pipe open", 30)
        process.terminate()
        assert process.wait(30) == 128 + signal.SIGTERM, process.returncode
    finally:
        process.kill()
        process.wait()


def check_standard_input(program):
    """It stays as it is for who shares it, and one that is closed is no empty list."""
    reader, writer = os.pipe()
    os.write(writer, b"s0.bench.lab\n")
    os.close(writer)
    command = [program.binary, "-n", zones.UNBOUND, "-R", "-f", "-"]
    subprocess.run(command, stdin=reader, stdout=subprocess.DEVNULL, check=True)
    assert os.get_blocking(reader), "standard input was left non-blocking"
    os.close(reader)
    closed = subprocess.run(["sh", "-c", 'exec "$@" <&-', "-", *command], capture_output=True,
                            text=True, check=False)
    assert closed.returncode == 2 and "standard input" in closed.stderr, closed


def check_progress(program):
    """One line on a terminal that redraws itself; nothing of it in a pipe."""
    master, slave = pty.openpty()
    names = program.farm.names("o")
    process = program.start(names, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    text = b""
    try:
        while chunk := os.read(master, 4096):
            text += chunk
    except OSError:  # the other side is closed
        pass
    os.close(master)
    assert process.wait(LIMIT_SECONDS) == 0, process.returncode
    lines = text.decode().split("\r\x1b[K")
    assert lines.pop(0) == lines.pop() == "" and lines, lines
    for line in lines:
        assert re.fullmatch(rf"\d+ of {len(names)} done, \d+/s, 0 failing, \d+ in flight(, \d+:\d\d left)?",
                            line), line
    piped = program.run(program.farm.names("s", 10))
    assert piped.err == "", piped.err
    asked = program.run(names, "--progress", "always")
    assert "\r\x1b[K" in asked.err, asked.err


CHECKS = [check_formats, check_full_disk, check_slow_reader, check_closed_pipe, check_slow_input,
          check_pipe_without_writer, check_standard_input, check_progress]
