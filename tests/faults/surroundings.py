"""What the program talks to goes away in the middle of a list."""
import asyncio
import collections
import re

DOMAINS = 3000


def blocks(text, domain):
    """What was said of each line of the list, one after the other."""
    return re.findall(rf"^{re.escape(domain)} IN DS .*\n(?:(?!{re.escape(domain)} IN DS ).*\n)*", text,
                      re.M)


async def run_list(world, tries):
    """A list in the middle of which the resolver is killed and comes back: how many passed, how many
    could not be looked up."""
    domain = world.good.domain
    names = world.lab.directory / "names"
    names.write_text(f"{domain}\n" * DOMAINS)
    process = await world.start_program(world.command(
        "n", "-t", 300, "-r", tries, "-f", names, "-g", "IN DS |: pass|AD=0"))
    text, killed = b"", False
    try:
        while chunk := await process.stdout.read(65536):
            text += chunk
            if not killed and text.count(b" IN DS ") > DOMAINS // 20:
                killed = True
                await world.restart_resolver(process)
        err = (await process.stderr.read()).decode()
        await asyncio.wait_for(process.wait(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    answers = blocks(text.decode(), domain)
    kinds = collections.Counter(
        "pass" if ": pass" in block else "error" if re.search("AD=0 (timeout|ServFail)$", block, re.M)
        else block for block in answers)
    assert killed and len(answers) == DOMAINS, f"{len(answers)} answers to {DOMAINS} lines"
    assert set(kinds) <= {"pass", "error"}, kinds
    assert process.returncode == (1 if kinds["error"] else 0) and err == "", (process.returncode, err)
    return kinds


async def check_resolver_restarted(world):
    """Each line is answered once; what was asked meanwhile is asked again, or says so."""
    kinds = await run_list(world, 100)
    assert kinds["pass"] == DOMAINS, kinds
    kinds = await run_list(world, 1)
    assert kinds["error"] > 0 and kinds["pass"] > 0, kinds


CHECKS = [check_resolver_restarted]
