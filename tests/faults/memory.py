"""An allocation that fails."""
import asyncio
import os

from world import MODES, expect, expected, is_honest, is_right

SAMPLE = 60


async def count_allocations(world, command, environment):
    """How many there are in a run in which none fails, and its result."""
    reader, writer = os.pipe()
    try:
        result = await world.run(command, {**environment, "MXDANE_COUNT_TO": str(writer)},
                                 pass_fds=[writer])
    finally:
        os.close(writer)
    with os.fdopen(reader) as counted:
        return int(counted.read()), result


async def sweep(world, case, command, environment, everything, judge):
    """Allocations fail, each in a run of its own."""
    count, result = await count_allocations(world, command, environment)
    expect(is_right(case, result), "nothing fails", result)
    numbers = range(1, count + 1)
    if not everything and count > SAMPLE:
        numbers = sorted(world.random.sample(numbers, SAMPLE))
    results = await asyncio.gather(*(
        world.run(command, {**environment, "MXDANE_FAIL_ALLOCATION": str(number)})
        for number in numbers))
    wrong = [f"allocation {number}: status {result.status}, {result.err!r}, {result.out[-200:]!r}"
             for number, result in zip(numbers, results) if not judge(case, result)]
    assert not wrong, "\n  ".join([f"{len(wrong)} of {len(numbers)} of {count}", *wrong[:20]])
    print(f"  {case.name}: {len(numbers)} of {count} allocations failed, "
          f"{sum(result.status == 2 for result in results)} ended the run", flush=True)


def command(world, mode, case, *options, binary=None):
    return world.command(mode, *options, case.domain, binary=binary)


async def check_every_allocation(world):
    """Of the program, and of getdns and libuv, which allocate through it."""
    for mode in MODES:
        for case in (world.good, world.bad):
            everything = world.everything or (case is world.good and not world.sanitized())
            await sweep(world, case, command(world, mode, case, binary=world.tools / "mxdane"), {},
                        everything, is_honest)


async def check_openssl_allocations(world):
    """OpenSSL allocates through the program, too: want of memory is never a server's fault."""
    for mode in MODES:
        for case in (world.good, world.bad):
            await sweep(world, case, command(world, mode, case, binary=world.tools / "mxdane"),
                        {"MXDANE_OPENSSL_TOO": "1"}, world.everything, is_honest)


def fails_closed(case, result):
    """Right, or a failure in which no address passes that would not: getdns 1.6.0 crashes without
    memory, libunbound fails a look-up."""
    right = is_right(case, result._replace(err=""))  # libunbound says by itself what it lacks
    passed = {line for line in result.out.splitlines() if "pass" in line}
    return right or (result.status != 0 and passed <= set(expected(case).splitlines()))


async def check_foreign_allocations(world):
    """Those that libraries make by themselves, where a failure is what they make of it. Without the
    sandbox, because libseccomp 2.5 may loop for ever while it makes the filter."""
    if world.sanitized():
        return  # its allocator must come first
    for mode in MODES:
        for case in (world.good, world.bad):
            await sweep(world, case, command(world, mode, case, "-t", 500, "-s", 5000, "--no-sandbox"),
                        {"LD_PRELOAD": str((world.tools / "memory.so").resolve())},
                        world.everything, fails_closed)


CHECKS = [check_every_allocation, check_openssl_allocations, check_foreign_allocations]
