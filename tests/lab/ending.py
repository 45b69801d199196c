"""Runs that end early, and the journal with which the next one goes on."""
import signal
import subprocess

import farm
from program import LIMIT_SECONDS, answered, expect_each_once, journal_lines, sessions, wait_until


def interrupt(program, names, journal, how, lines):
    """Starts a run, ends it by a signal when the journal has so many lines; returns its result."""
    with open(program.farm.directory / "cut", "wb+") as out:
        process = program.start(names, "--journal", journal, stdout=out)
        try:
            wait_until(lambda: journal_lines(journal) >= lines or process.poll() is not None,
                       f"{lines} lines in the journal")
            process.send_signal(how)
            process.wait(LIMIT_SECONDS)
        finally:
            process.kill()
            process.wait()
        out.seek(0)
        text = out.read().decode()
    if how != signal.SIGKILL:  # which cuts a block
        program.check(text)
    return text, process.returncode


def check_killed(program):
    """After SIGKILL the same command goes on; what was cut is repeated, nothing is lost."""
    names, journal = program.farm.names("o"), program.farm.directory / "killed"
    texts = []
    for lines in (1, 130, 131, 500, 870):
        text, status = interrupt(program, names, journal, signal.SIGKILL, lines)
        assert status == -signal.SIGKILL, f"exit status {status}"
        texts.append(text[:text.rfind("\n") + 1])  # a kill may cut a block
    with open(journal, "r+b") as file:  # a kill in the middle of a line
        file.truncate(journal.stat().st_size - 3)
    result = program.run(names, "--journal", journal)
    counts = answered("".join(texts) + result.out)
    assert set(counts) == set(names), f"{len(set(names) - set(counts))} domains are lost"
    repeated = sum(counts.values()) - len(names)  # a block at a kill, and the journal's cut line
    assert repeated <= len(texts) + 1, f"{repeated} repeated"
    assert result.status == 0, f"exit status {result.status}: {result.err}"
    assert journal_lines(journal) == len(names), "the journal is not whole"
    result = program.run(names, "--journal", journal)
    assert (result.out, result.status) == ("", 0), "a finished list was not finished"
    assert "nothing to do: the list is already finished" in result.err, result.err


def check_terminated(program):
    """SIGTERM and SIGINT: what is in flight is finished, and nothing is repeated after it."""
    for how in (signal.SIGTERM, signal.SIGINT):
        names, journal = program.farm.names("o", 1500), program.farm.directory / how.name
        text, status = interrupt(program, names, journal, how, 100)
        assert status == 128 + how, f"exit status {status}"
        assert sum(answered(text).values()) == journal_lines(journal) < len(names), \
            f"{sum(answered(text).values())} blocks, {journal_lines(journal)} in the journal"
        result = program.run(names, "--journal", journal)
        expect_each_once(text + result.out, names)


def check_hanging_terminated(program):
    """SIGTERM does not wait for servers that hang."""
    names, journal = program.farm.names("h", 20), program.farm.directory / "hanging"
    process = program.start(names, "--journal", journal, stdout=subprocess.PIPE)
    wait_until(lambda: sessions("tcp6") == len(names), "sessions that hang")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=LIMIT_SECONDS)
    assert (out, process.returncode) == (b"", 128 + signal.SIGTERM), process.returncode
    assert journal_lines(journal) == 0, "a domain that was cut is in the journal"


def check_terminated_after_the_handshake(program):
    """A session that is cut after a good handshake proves nothing."""
    names, journal = program.farm.names("h"), program.farm.directory / "after"
    server = program.farm.hang_at("EHLO-TLS")
    process = program.start(names, "-p", str(farm.HANG_PORT), "-j", str(len(names)), "--journal", journal,
                            stdout=subprocess.PIPE)
    try:
        assert len(server.stdout.read(len(names))) == len(names), "the server has ended"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=LIMIT_SECONDS)
    finally:
        server.kill()
        server.wait()
    assert (out, process.returncode) == (b"", 128 + signal.SIGTERM), process.returncode
    assert journal_lines(journal) == 0, "a domain that was cut is in the journal"


def check_journal(program):
    """The exit status is the whole list's; what is no journal of this list is refused."""
    names = [*program.farm.names("s", 20), "bad..name"]
    journal = program.farm.directory / "journal"
    first = program.run(names, "--journal", journal)
    again = program.run(names, "--journal", journal)
    assert (first.status, again.status, again.out) == (1, 1, ""), (first.status, again.status)
    for others in (names[1:], names[:-1], []):
        other = program.run(others, "--journal", journal)
        assert other.status == 2 and "different list" in other.err, other.err
    journal.write_text("something else\n")
    other = program.run(names, "--journal", journal)
    assert other.status == 2 and "not a journal" in other.err, other.err
    assert journal.read_text() == "something else\n", "it was written to"
    other = program.run(names, "--journal", "/dev/full")
    assert other.status == 2 and "not a regular file" in other.err, other.err


def check_two_at_once(program):
    """Two runs cannot share a journal."""
    journal = program.farm.directory / "shared"
    process = program.start(program.farm.names("h", 1), "--journal", journal)
    wait_until(journal.exists, "the journal")
    wait_until(lambda: sessions("tcp6") == 1, "a session")
    second = program.run(program.farm.names("h", 1), "--journal", journal)
    process.terminate()
    process.wait(LIMIT_SECONDS)
    assert second.status == 2 and "another run writes to it" in second.err, second.err


def check_nothing_but_malformed(program):
    """Lines that need no question leave time for a signal."""
    journal = program.farm.directory / "malformed"
    process = program.start(["two words"] * 1000000, "--journal", journal,
                            stdout=subprocess.DEVNULL)
    wait_until(lambda: journal_lines(journal) > 0 or process.poll() is not None, "the first lines")
    process.terminate()
    assert process.wait(LIMIT_SECONDS) == 128 + signal.SIGTERM, process.returncode


CHECKS = [check_killed, check_terminated, check_hanging_terminated,
          check_terminated_after_the_handshake, check_journal, check_two_at_once,
          check_nothing_but_malformed]
