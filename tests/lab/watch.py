"""What the script for cron does: mails, what is told once and what again, what stops it."""
import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess

import zones
from program import expect, wait_until

LIMIT_SECONDS = 60
WATCH = pathlib.Path("docs/monitor/mxdane-watch").resolve()
NOBODY = 906  # a user that owns nothing
# Keeps what it gets; nothing where `refuse` is beside it.
SENDMAIL = """#!/bin/sh
[ ! -e "${0%/*}/refuse" ] || exit 75
echo "$*" >"${0%/*}/arguments"
cat >"${0%/*}/mail"
"""


class Watch:
    """The script for cron, with a sendmail that keeps what it gets."""

    def __init__(self, world):
        self.world, self.place = world, world.directory / "watch"
        self.bin, self.state = self.place / "bin", self.place / "kept"
        shutil.rmtree(self.place, ignore_errors=True)  # of a check that failed
        self.bin.mkdir(parents=True)
        self.state.mkdir()
        (self.bin / "sendmail").write_text(SENDMAIL)
        (self.bin / "sendmail").chmod(0o755)
        (self.bin / "mxdane").symlink_to(pathlib.Path(world.binary).resolve())
        self.mail = self.bin / "mail"
        self.environment = {"PATH": f"{self.bin}:/usr/bin:/bin", "STATE_DIRECTORY": str(self.state)}

    def run(self, *options, wrap=()):
        """Exit status, standard output, standard error, the mail (None: none was sent)."""
        self.mail.unlink(missing_ok=True)
        done = subprocess.run(
            [*wrap, WATCH, *options, self.world.list_path, "-n", zones.UNBOUND, "-R"],
            env=self.environment,
            capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS)
        mail = self.mail.read_text() if self.mail.exists() else None
        return done.returncode, done.stdout, done.stderr, mail

    def close(self):
        shutil.rmtree(self.place)


def mail_of(subject, changes, wrong):
    """A whole mail; a change is the beginning of its lines."""
    head = (f"To: post@x.lab\nSubject: mxdane: {subject}\nAuto-Submitted: auto-generated\n"
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: 8bit\n\nWhat changed since the last run:\n\n")
    changes = "".join(f"{re.escape(change)}.*\n(?:\\S+ IN MX .*\n(?:  .*\n)+)?" for change in changes)
    return re.escape(head) + changes + re.escape(f"\nWhat is wrong now:\n\n{wrong}\n")


def check_watch(world):
    """First run, nothing, worse, the same, better: a mail where something changed, and only there."""
    watch, quiet = Watch(world), (0, "", "", None)
    expect(watch.run("-m", "post@x.lab"), quiet)
    expect(watch.run("-m", "post@x.lab"), quiet)
    world.break_tlsa(1)
    status, out, err, mail = watch.run("-m", "post@x.lab")
    expect((status, out, err), (1, "", ""))
    wanted = mail_of("1 worse", ["; o1.bench.lab: worse: was pass, is fail (tlsa-mismatch): "],
                     "o1.bench.lab: fail (tlsa-mismatch)")
    assert re.fullmatch(wanted, mail), mail
    assert "  mx-o1.bench.lab[127.64.0.1]: tlsa-mismatch\n" in mail, mail
    expect((watch.bin / "arguments").read_text(), "-oi -t\n")
    expect(watch.run("-m", "post@x.lab"), (1, "", "", None))
    world.break_tlsa(2)
    world.domains([1, 2])
    mail = watch.run("-m", "post@x.lab")[3]
    assert "\nSubject: mxdane: 1 better, 1 gone, 1 worse\n" in mail, mail
    world.break_tlsa()
    status, _, _, mail = watch.run("-m", "post@x.lab")
    expect(status, 0)
    wanted = mail_of("1 better", ["; o2.bench.lab: better: was fail (tlsa-mismatch), is pass"],
                     "nothing")
    assert re.fullmatch(wanted, mail), mail
    watch.close()


def check_watch_first_run(world):
    """A first run tells of what is wrong already; without -m it is printed, for cron or a journal."""
    watch = Watch(world)
    world.domains([0], "bad..name")
    status, out, err, mail = watch.run()
    expect((status, err, mail), (1, "", None))
    assert "\n; bad..name: new, is fail (domain-invalid): " in out, out
    expect(watch.run(), (1, "", "", None))
    watch.close()


def check_watch_trouble(world):
    """What could not be mailed is told again; what mxdane cannot do is told each time."""
    watch = Watch(world)
    watch.run()
    world.break_tlsa(0)
    (watch.bin / "refuse").touch()
    status, _, err, mail = watch.run("-m", "post@x.lab")
    expect((status, err, mail), (2, "mxdane-watch: the mail could not be sent\n", None))
    (watch.bin / "refuse").unlink()
    assert "o0.bench.lab: worse: was pass" in watch.run("-m", "post@x.lab")[3], "it was not told"
    kept = (watch.state / "state").read_bytes()
    world.list_path.unlink()
    for _ in range(2):
        status, _, _, mail = watch.run("-m", "post@x.lab")
        expect(status, 2)
        assert "\nSubject: mxdane: could not do its work\n" in mail, mail
        assert "domains: No such file" in mail, mail
    expect((watch.state / "state").read_bytes(), kept)
    with open(watch.state / "state.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, _, err, mail = watch.run("-m", "post@x.lab")
    expect((status, mail), (2, None))
    assert "another run holds" in err, err
    watch.close()


def check_watch_empty(world):
    """A list without a domain is trouble, each time: nothing would be audited, and nobody know."""
    watch = Watch(world)
    world.list_path.write_text("# none yet\n")
    for _ in range(2):
        status, _, _, mail = watch.run("-m", "post@x.lab")
        expect(status, 2)
        assert "\nSubject: mxdane: could not do its work\n" in mail, mail
        assert f"\nmxdane: -f {world.list_path}: the list contains no domains\n" in mail, mail
    watch.close()


def check_watch_long_lines(world):
    """No line of a mail is longer than mail allows: servers would refuse it."""
    watch = Watch(world)
    world.domains([0], "no name " + "x" * 4000)
    mail = watch.run("-m", "post@x.lab")[3]
    assert max(map(len, mail.encode().splitlines())) < 998, mail
    assert mail.count("x") > 4000, mail
    watch.close()


def check_watch_stopped(world):
    """What stops the script is no trouble to be told, and leaves nothing; what a kill left goes."""
    watch = Watch(world)
    (watch.state / "state.next.abcdef").touch()
    world.list_path.write_text("h0.bench.lab\n")
    process = subprocess.Popen([WATCH, "-m", "post@x.lab", world.list_path, "-n", zones.UNBOUND, "-R"],
                               env={**watch.environment, "TMPDIR": str(watch.place)}, start_new_session=True)
    wait_until(lambda: any(path.name.startswith("state.next.") and path.name != "state.next.abcdef"
                           for path in watch.state.iterdir()), "a run", LIMIT_SECONDS)
    os.killpg(process.pid, signal.SIGTERM)
    expect(process.wait(LIMIT_SECONDS), 143)
    expect((watch.mail.exists(), sorted(path.name for path in watch.state.iterdir())),
           (False, ["state.lock"]))
    expect(sorted(path.name for path in watch.place.iterdir()), ["bin", "kept"])
    watch.close()


def check_watch_confined(world):
    """As the service has it: another user without any right, none to gain, one place to write."""
    watch = Watch(world)
    world.directory.chmod(0o755)
    os.chown(watch.state, NOBODY, NOBODY)
    wrap = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            "--bounding-set=-all", "--no-new-privs"]
    expect(watch.run(wrap=wrap), (0, "", "", None))
    world.break_tlsa(0)
    status, out, err, _ = watch.run(wrap=wrap)
    expect((status, err), (1, ""))
    assert "; o0.bench.lab: worse: was pass, is fail (tlsa-mismatch)" in out, out
    expect(sorted(path.name for path in watch.state.iterdir()), ["state", "state.lock"])
    watch.close()
