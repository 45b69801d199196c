"""What the system gives is used up, closed, in the way, or refused."""
import asyncio
import contextlib
import os
import pathlib
import re
import signal

from world import (MODES, SAFE, expect, expected, is_honest, is_own_failure, is_right)

MOST_DESCRIPTORS = 48


async def check_descriptors(world):
    """As few as one likes, from those that the dynamic linker needs."""
    for mode in MODES:
        results = await asyncio.gather(*(
            world.run(["prlimit", f"--nofile={limit}", *world.command(mode, case.domain)])
            for case in (world.good, world.bad) for limit in range(4, MOST_DESCRIPTORS)))
        for number, result in enumerate(results):
            case = (world.good, world.bad)[number // (MOST_DESCRIPTORS - 4)]
            expect(is_honest(case, result),
                   f"{mode}, {case.name}: {number % (MOST_DESCRIPTORS - 4) + 4} descriptors", result)
        assert any(result.status == 2 for result in results), "too few are enough"


async def check_no_socket(world):
    """The system has none for anybody: what cannot be asked is no answer, and nothing hangs."""
    for number in (23, 24, 105):  # ENFILE, EMFILE, ENOBUFS
        result = await world.run([world.tools / "forbid", "socket", number, *world.command(
            "n", "-t", 200, "-r", 2, world.good.domain)])
        expect(result.status in (1, 2) and "pass" not in result.out, f"refused with {number}", result)


async def check_no_tcp(world):
    """There are sockets for UDP only: an answer that is truncated is none, and no denial."""
    for number in (23, 24, 105):  # ENFILE, EMFILE, ENOBUFS
        result = await world.run([world.tools / "forbid", "tcp", number,
                                  *world.command("n", world.large.domain)])
        expect(result.status == 1 and re.search(r"^_25\._tcp\.\S+ IN TLSA \? ; AD=0 ServFail$",
                                                result.out, re.M), f"refused with {number}", result)


async def check_inherited_descriptors(world):
    """What the caller left open is not there for us."""
    taken = [os.dup(0) for _ in range(40)]
    results = [await world.run(["prlimit", f"--nofile={limit}",
                                *world.command(mode, world.good.domain)], pass_fds=taken)
               for mode in MODES for limit in (max(taken) + 2, max(taken) + 20, 200)]
    for descriptor in taken:
        os.close(descriptor)
    for result in results:
        expect(is_honest(world.good, result), "40 descriptors are open", result)
    assert {result.status for result in results} == {0, 2}, results


async def check_closed_streams(world):
    """A result that cannot be written is a failure; a message that cannot be is none."""
    for mode in MODES:
        for closed in range(8):
            streams = "".join(redirection for bit, redirection in
                              enumerate((" <&-", " >&-", " 2>&-")) if closed >> bit & 1)
            result = await world.run(["sh", "-c", f'exec "$@"{streams}', "sh",
                                      *world.command(mode, world.good.domain)])
            if closed & 2:
                expect(result.status == 2 and result.out == "", f"{mode}:{streams}", result)
            else:
                expect(is_right(world.good, result), f"{mode}:{streams}", result)


async def check_full_devices(world):
    with open("/dev/full", "wb") as full:
        result = await world.run(world.command("n", world.good.domain), stdout=full)
        expect(is_own_failure(world.good, result), "standard output is full", result)
        for word in ("--version", "--help"):
            result = await world.run([world.binary, word], stdout=full)
            expect(is_own_failure(world.good, result), f"{word} to a full device", result)
        result = await world.run(world.command("n", world.bad.domain, "-v"), stderr=full)
        expect(result.status == 1 and "tlsa-mismatch" in result.out, "standard error is full", result)


async def check_broken_pipes(world):
    """Nobody reads: no SIGPIPE ends it without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as broken:
        result = await world.run(world.command("n", world.good.domain), stdout=broken)
        expect(is_own_failure(world.good, result), "standard output is broken", result)
        result = await world.run(world.command("n", world.bad.domain, "-v"), stderr=broken)
        expect(result.status == 1 and "tlsa-mismatch" in result.out, "standard error is broken",
               result)


def send(process, which):
    """Not by Process.send_signal, which may take the exit status away from asyncio."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, which)


async def check_signals(world):
    """At any moment: what is printed is whole, the status says which signal it was."""
    for number in range(100):
        case, mode = world.random.choice((world.good, world.bad)), world.random.choice(MODES)
        signals = [world.random.choice((signal.SIGINT, signal.SIGTERM))
                   for _ in range(world.random.randrange(1, 3))]
        pauses = [world.random.uniform(0, 0.04) for _ in signals]

        async def disturb(process, signals=signals, pauses=pauses):
            for pause, which in zip(pauses, signals):
                await asyncio.sleep(pause)
                send(process, which)
        result = await world.run(world.command(mode, case.domain), meanwhile=disturb)
        ended = {128 + which for which in signals} | {-which for which in signals}
        expect(is_right(case, result) or (result.status in ended and result.err == "" and
                                          result.out in ("", expected(case))),
               f"run {number}, {signals} after {pauses}", result)


async def check_stopped(world):
    """Stopped and continued at any moment, the time it was away counts for no server."""
    for number in range(10):
        async def disturb(process):
            for which in (signal.SIGSTOP, signal.SIGCONT) * 3:
                await asyncio.sleep(world.random.uniform(0, 0.02))
                send(process, which)
        result = await world.run(world.command("n", world.good.domain), meanwhile=disturb)
        expect(is_right(world.good, result), f"run {number}", result)


async def check_clock(world):
    """Steps of the time of day: deadlines follow a clock that only goes forward."""
    if world.sanitized():
        return  # its runtime must come first
    clock = str((world.tools / "clock.so").resolve())
    for mode in MODES:
        for step in (1, 2, 3, 5, 7, world.random.randrange(8, 200)):
            result = await world.run(world.command(mode, world.good.domain),
                                     {"LD_PRELOAD": clock, "MXDANE_CLOCK_STEP": str(step)})
            expect(is_right(world.good, result), f"{mode}: a step every {step} calls", result)




async def check_temporary_folder(world):
    """getdns needs /tmp for the embedded resolver: without it there is no other result than that."""
    for what in ("ro", "full", "missing"):
        for mode in MODES:
            result = await world.run([pathlib.Path(__file__).with_name("without-tmp"), what, SAFE,
                                      *world.safe_command(mode, world.good.domain)])
            if mode == "n":
                expect(is_right(world.good, result), f"/tmp is {what}", result)
            else:
                expect(is_own_failure(world.good, result) and " in /tmp: " in result.err,
                       f"/tmp is {what}", result)


async def check_no_rights(world):
    """An ordinary user, and one with no rights at all."""
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    nothing = ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    for mode in MODES:
        for rights in (user, [*user, *nothing]):
            result = await world.run([*rights, *world.safe_command(mode, world.good.domain)],
                                     cwd="/")
            expect(is_right(world.good, result), f"{mode}: {' '.join(rights)}", result)


async def read_until(stream, text):
    seen = b""
    while text.encode() not in seen:
        chunk = await stream.read(4096)
        assert chunk, f"never printed: {text}"
        seen += chunk
    return seen.decode()


def descriptors(proc):
    """What those of a process are; one may be closed meanwhile."""
    names = []
    for entry in (proc / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.append(os.readlink(entry))
    assert names, "no descriptors"
    return names


async def check_sandbox_holds(world):
    """While it runs: a filter and no new privileges for every thread, no memory that is writable and
    executable, no io_uring, though libuv is told to use one."""
    if world.sanitized():
        return  # it has none, and says so: tests/unit/test_cli_sandbox
    for mode in MODES:
        process = await world.start_program(world.command(
            mode, "-v", "-g", "pass|timeout", world.good.domain, world.silent.domain),
            {"UV_USE_IO_URING": "1"})
        try:
            await read_until(process.stderr, "sandbox: no programs, no files, internet sockets only")
            await read_until(process.stdout, "pass")
            proc = pathlib.Path(f"/proc/{process.pid}")
            threads = list((proc / "task").iterdir())
            assert len(threads) > 1, "no thread pool"
            for thread in threads:
                status = (thread / "status").read_text()
                assert re.search(r"^NoNewPrivs:\t1$", status, re.M), status
                assert re.search(r"^Seccomp:\t2$", status, re.M), status
            assert not re.search(r"^\S+ .wx", (proc / "maps").read_text(), re.M), "rwx memory"
            assert not [name for name in descriptors(proc) if "io_uring" in name], "an io_uring"
        finally:
            process.kill()
            await process.wait()


async def check_sandbox_refused(world):
    """A system without it: the audit goes on, and -v says what is missing."""
    for number in (1, 22, 38):  # EPERM, EINVAL, ENOSYS
        refused = [world.tools / "forbid", "seccomp", number]
        result = await world.run([*refused, *world.command("n", world.good.domain)])
        expect(is_right(world.good, result), f"refused with {number}", result)
        result = await world.run([*refused, *world.command("n", "-v", world.good.domain)])
        expect(result.status == 0 and result.err.startswith("mxdane: sandbox: off: "),
               f"refused with {number}, -v", result)


CHECKS = [check_descriptors, check_no_socket, check_no_tcp, check_inherited_descriptors,
          check_closed_streams, check_full_devices, check_broken_pipes,
          check_signals, check_stopped, check_clock, check_temporary_folder, check_no_rights,
          check_sandbox_holds, check_sandbox_refused]
