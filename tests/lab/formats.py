"""What the formats for programs say of the lab's cases: json against its schema and against the
trace that the case expects, the others on some cases with real servers."""
import datetime
import difflib
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess

import jsonschema

from retrace import Retrace

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
SCHEMA = json.loads((DOCS / "json-schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
RETIRED = ["--retired", str(DOCS / "retired-issuers")]
OUTCOMES = ("pass", "untested", "not-probed")  # those that are a result too
FAILING = ("untested", "unprotected", "failure")


def json_options(case, options):
    """The options of a case for json, and the pattern of its -g: None where it has none, or where it
    is what is wrong."""
    words, pattern = list(options), None
    if "-g" in words and case.spec.get("status") != 2:
        at = words.index("-g")
        pattern = words[at + 1]
        del words[at:at + 2]
    return ["--format", "json", *words], pattern


def same_times(text):
    """Times differ from run to run, TTLs run down from multiples of five minutes."""
    text = re.sub(r" *\b\d+ ms\b", " 0 ms", text)
    return re.sub(r"TTL (\d+)", lambda ttl: f"TTL {-(-int(ttl[1]) // 300) * 300}", text)


def retrace(case, options, objects):
    """The lines of the trace that the case expects, from the objects."""
    pattern = json_options(case, options)[1]
    lines = [line for item in objects for line in Retrace(item, "-v" in options).lines()
             if pattern is None or re.search(pattern, line)]
    return same_times("\n".join(lines)).splitlines()


def complaints(case, options, findings, wanted, out, status):
    """What is wrong with the objects of a case; `wanted` is the trace it expects, `findings` are
    the ids, None: it does not say."""
    try:
        objects = [json.loads(line) for line in out.decode().splitlines()]
    except ValueError as error:
        return [f"no JSON: {error}"]
    found = [f"schema: {'/'.join(map(str, error.path))}: {error.message[:200]}"
             for item in objects for error in VALIDATOR.iter_errors(item)]
    if found:
        return found
    for item in objects:
        found += inconsistencies(item, case)
    if len(objects) == 1 and status in (0, 1) and (objects[0]["verdict"] == "pass") != (status == 0):
        found.append(f"verdict {objects[0]['verdict']} and exit status {status}")
    if findings is not None:
        ids = sorted({finding["id"] for item in objects for finding in item["findings"]})
        if ids != sorted(findings):
            found.append(f"findings {ids}, not {sorted(findings)}")
    if "-q" not in options:  # of a domain that fails it shows some lines only, the object all
        lines = retrace(case, options, objects)
        if case.spec.get("unordered"):
            lines, wanted = sorted(lines), sorted(wanted)
        found += difflib.unified_diff(wanted, lines, "expected", "from json", lineterm="")
    return found


def inconsistencies(item, case):
    """What a schema cannot say."""
    failing = [finding for finding in item["findings"] if finding["severity"] in FAILING]
    if bool(failing) != (item["verdict"] != "pass"):
        yield f"verdict {item['verdict']} with {len(failing)} findings that fail"
    for lookup in [*item["lookups"], *filter(None, [item["nsec3param"]])]:
        yield from lookup_inconsistencies(lookup)
    for host in item["hosts"]:
        for lookup in filter(None, (host["a"], host["aaaa"], host["tlsa"])):
            yield from lookup_inconsistencies(lookup)
        for address in host["addresses"]:
            said = [finding for finding in failing if finding["host"] == host["name"] and
                    finding["address"] in (address["address"], None)]
            if address["fails"] and not said:
                yield f"no finding says why {address['address']} fails"
            yield from address_inconsistencies(item, host, address, case)


RCODES = {"NoError": 0, "NODATA": 0, "FormErr": 1, "ServFail": 2, "NXDomain": 3, "NotImp": 4, "Refused": 5}
TEXTS = {  # of the RDATA, from its fields
    "A": "{address}", "AAAA": "{address}", "DS": "{tag} {algorithm} {digest_type} {digest}",
    "DNSKEY": "{flags} {protocol} {algorithm} {key}", "MX": "{preference} {exchange}",
    "NSEC3PARAM": "{hash} {flags} {iterations} {salt}", "TLSA": "{usage} {selector} {mtype} {data}",
    "SOA": "{mname} {rname} {serial} {refresh} {retry} {expire} {minimum}",
}


def lookup_inconsistencies(lookup):
    status = lookup["status"]
    rcode = int(status[5:]) if status.startswith("RCODE") else RCODES.get(status)
    if lookup["rcode"] != rcode:
        yield f"{lookup['type']} {lookup['name']} is {status} with rcode {lookup['rcode']}"
    for record in lookup["records"]:
        fields = {**record, "salt": record.get("salt") or "-",  # RFC 5155 section 3.3, contract.md
                  "rname": re.sub(r"^((?:\\.|[^.\\])*)\.(?=.)", r"\1@", record.get("rname", ""), count=1)}
        if TEXTS[lookup["type"]].format(**fields) != record["text"]:
            yield f"the fields of {record['text']} are {fields}"


def digest_inconsistencies(certificate, depth, records, case):
    """Digests are those of the lab's certificate, and compared with the TLSA records anew."""
    data = {(digest["selector"], digest["mtype"]): digest["data"] for digest in certificate["digests"]}
    sent = case.known.get(data[0, 1])
    if not sent:
        yield f"no certificate of the lab is {data[0, 1]}"
        return
    for digest in certificate["digests"]:
        wanted = sent.data(digest["selector"], digest["mtype"])
        entry = (3 if depth == 0 else 2, digest["selector"], digest["mtype"], wanted)
        if (digest["usage"], digest["data"], digest["matched"]) != (entry[0], wanted, entry in records):
            yield f"{digest['label']} at depth {depth} is {digest}"
    asked = {record[1] for record in records if record[2] == 0}
    full = {digest["selector"] for digest in certificate["digests"] if digest["mtype"] == 0}
    if full != asked & {0, 1}:
        yield f"full data of selectors {full} at depth {depth}, asked for {asked}"


def address_inconsistencies(item, host, address, case):
    """Facts that follow from others."""
    times = [line["milliseconds"] for line in address["dialogue"]]
    if times != sorted(times):
        yield f"the dialogue's times are {times}"
    probed = address["transport"]["result"] != "untried"
    if address["verdict"]["outcome"] == "pass" if address["fails"] else \
            address["verdict"]["outcome"] != ("pass" if probed else "not-probed"):
        yield f"{address['address']} is {address['verdict']['outcome']}"
    outcome, result = address["verdict"]["outcome"], address["verdict"]["result"]
    if result in OUTCOMES if outcome not in OUTCOMES else result != outcome:
        yield f"{address['address']} is {outcome}, and its result is {result}"
    if outcome == "fail" and not {result, "chain-not-trusted"} & {
            finding["id"] for finding in item["findings"] if finding["address"] == address["address"]}:
        yield f"no finding is {result}"
    records = {(r["usage"], r["selector"], r["mtype"], r["data"])
               for r in host["tlsa"]["records"]} if host["tlsa"] else set()
    for depth, certificate in enumerate(address["tls"]["chain"] if address["tls"] else []):
        yield from digest_inconsistencies(certificate, depth, records, case)
        if certificate["not_after"] and certificate["days_left"] != (
                moment(certificate["not_after"]) - moment(item["verify_time"])).days:
            yield f"{certificate['days_left']} days from {item['verify_time']} to {certificate['not_after']}"


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


class Formats:
    """Checks of the other formats, on cases of the lab with real servers."""

    def __init__(self, command, directory):
        self.command, self.file = command, directory / "report"

    def run(self, options, *domains):
        result = subprocess.run([*self.command, *shlex.split(options), *domains],
                                capture_output=True, text=True, timeout=60, check=False)
        return result.stdout, result.stderr, result.returncode

    def check_nagios_ok(self):
        out, _, status = self.run("--format nagios", "exim.lab")
        assert status == 0, status
        assert re.match(r"DANE OK - exim.lab: pass\|domains=1;;;0 ok=1;;;0 ", out), out

    def check_nagios_warning(self):
        """A certificate of usage 2, of 92 days, looked at when 28 are left; under usage 3 dates do not
        count, but with -e. With two thirds of its lifetime to go nothing is said, whatever -w says."""
        assert self.run("--format nagios -w 100", "e42.lab")[2] == 0
        out, _, status = self.run("--format nagios -w 100 -d 61", "e42.lab")
        assert status == 1, status
        assert out.startswith("DANE WARNING - e42.lab: pass: mx.e42.lab[127.42.0.1]: "), out
        assert "expires in 28 days" in out, out
        assert self.run("--format nagios -w 28 -d 61", "e42.lab")[2] == 0
        assert self.run("--format nagios -w 100 -d 61", "e43.lab")[2] == 0
        assert self.run("--format nagios -w 100 -d 61 -e", "e43.lab")[2] == 1

    def check_nagios_critical(self):
        out, _, status = self.run("--format nagios", "exim.lab", "e33.lab", "e75.lab")
        assert status == 2, status
        first, *rest = out.splitlines()
        assert first.startswith("DANE CRITICAL - 3 domains, 1 CRITICAL, 1 UNKNOWN, 1 OK; e33.lab: fail: "), first
        assert "|domains=3;;;0 ok=1;;;0 warning=0;;;0 critical=1;;;0 unknown=1;;;0 time=" in first
        assert "exim.lab: pass" in rest and "e75.lab: untested" in rest, rest
        assert out.count("|") == 1, out
        assert len(self.run("--format nagios -q", "e33.lab")[0].splitlines()) == 1

    def check_nagios_unknown(self):
        out, _, status = self.run("--format nagios", "e75.lab")
        assert (status, out.split(" - ")[0]) == (3, "DANE UNKNOWN"), out
        for busy in ("e73c.lab", "e80e.lab"):  # busy in every state, and our own name refused
            out, _, status = self.run("--format nagios -s 500 -H probe", busy)
            assert (status, out.split(" - ")[0]) == (3, "DANE UNKNOWN"), out
        out, err, status = self.run("--format nagios --bogus")
        assert (status, out.split("|")[0]) == (3, "DANE UNKNOWN - unknown option: --bogus "
                                               "(see mxdane --help)"), out
        assert err.startswith("mxdane: unknown option"), err

    def check_nagios_first_line(self):
        """Where both streams are one, as in Icinga, the status line comes first all the same."""
        out = subprocess.run([*self.command, "-n", "192.0.2.53", "--format", "nagios", "exim.lab"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                             check=False).stdout
        assert out.startswith("DANE OK - ") and "\nmxdane: warning: answers of 192.0.2.53" in out, out

    def check_nagios_forgery(self):
        """A reply with a bar and a line end makes neither performance data nor a line."""
        out, _, status = self.run("--format nagios", "forged-perfdata.lab")
        assert status == 3, status
        assert out.count("|") == 1 and "\\x7cok=1 \\x0dDANE OK" in out.split("|")[0], out

    def check_prometheus(self):
        out, _, status = self.run("--format prometheus", "exim.lab", "e20.lab", "e30.lab", "e26.lab",
                                  "e30.lab", "e16.lab", "e01.lab", "a b", "forged-cn.lab")
        assert status == 1, status
        lint = subprocess.run(["promtool", "check", "metrics"], input=out, capture_output=True,
                              text=True, check=False)
        assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", ""), lint
        series = re.findall(r"^(\w+(?:\{.*\})?) \S+$", out, re.M)
        assert len(series) == len(set(series)), "a series stands twice"
        for line in ['mxdane_up{domain="exim.lab."} 1', 'mxdane_up{domain="e30.lab."} 0',
                     'mxdane_up{domain="a b"} 0', 'mxdane_outcome{domain="e01.lab.",outcome="unprotected"} 1']:
            assert line in out.splitlines(), line
        assert re.search(r'^mxdane_tlsa_match\{domain="e30.lab.",host="mx.e30.lab.",address="127[.0-9]+",'
                         r'usage="3",selector="1",mtype="1"\} 0$', out, re.M), out
        for name in ("mxdane_dnssec_secure", "mxdane_cert_not_after_seconds", "mxdane_run_duration_seconds",
                     "mxdane_run_timestamp_seconds"):
            assert out.count(f"# TYPE {name} gauge\n") == out.count(f"# HELP {name} ") == 1, name

    def check_summary(self):
        out, _, status = self.run("--format summary", "exim.lab", "e33.lab", "e75.lab", "e01.lab")
        assert status == 1, status
        fields = [line.split("\t") for line in out.splitlines()]
        assert [field[:2] for field in fields] == [
            ["exim.lab", "pass"], ["e33.lab", "fail"], ["e75.lab", "untested"],
            ["e01.lab", "unprotected"]], out
        assert "this is 2 1 1" in fields[1][2] and all(len(field) == 3 for field in fields), out
        assert len(self.run("--format summary -q", "exim.lab", "e33.lab")[0].splitlines()) == 1

    def check_empty_list(self):
        """A list without a domain is a mistake that nobody would hear of: nothing is written."""
        empty, state = self.file.with_name("empty"), self.file.with_name("state")
        self.file.write_text("before")
        state.write_text("mxdane state 1\nx.lab\tpass\t-\t0\t00000000\nend 1\n")
        for text in ("", "# none\n\n", " \t\r\n", "# none"):
            empty.write_text(text)
            for name in ("trace", "json", "summary", "prometheus", "nagios"):
                out, err, got = self.run(f"--format {name} -f {empty} -o {self.file}")
                assert (out, got) == ("", 3 if name == "nagios" else 2), (name, out, got)
                assert err == f"mxdane: -f {empty}: the list contains no domains\n", err
        assert self.file.read_text() == "before"
        out, err, got = self.run(f"--state {state} --changes -f {empty}")
        assert (out, got) == ("", 2) and state.read_text().count("x.lab") == 1, (out, err, got)
        out, _, got = self.run("--format nagios -f /dev/null")
        assert got == 3 and out.startswith("DANE UNKNOWN - -f /dev/null: the list contains no domains|"), out
        empty.unlink()
        state.unlink()

    def check_nothing_probed(self):
        """What nobody looked at is untested in every format, and a name that no host has is told once."""
        state = self.file.with_name("state")
        warning = "mxdane: warning: --only zzz: no MX host matches\n"
        why = "no server was probed: -D, -U, --only or --skip leaves out every MX host"
        for options, status, wanted in (
                ("--format nagios", 3, f"DANE UNKNOWN - exim.lab: untested: {why}|"),
                ("--format summary", 1, f"exim.lab\tuntested\t{why}\n"),
                ("--format prometheus", 1, 'mxdane_outcome{domain="exim.lab.",outcome="untested"} 1\n'),
                ("--format json", 1, '"verdict":"untested"'),
                ("-v", 1, f"  ; untested: {why} [nothing-probed]\n"),
                (f"--state {state}", 1, f"  ; {why}\n")):
            out, err, got = self.run(f"{options} --only zzz", "exim.lab")
            assert wanted in out and got == status and err.endswith(warning) and err.count("warning") == 1, \
                (options, out, err, got)
            assert "mxdane_up" not in out or 'mxdane_up{domain="exim.lab."} 0\n' in out, out
        assert "exim.lab\tuntested\tnothing-probed\t1\t" in state.read_text(), state.read_text()
        state.unlink()
        out, err, status = self.run("--format nagios -D nobody.lab -D exim.lab", "exim.lab", "e33.lab")
        assert out.startswith("DANE CRITICAL") and status == 2, out
        assert err.count("warning") == 2 and "-D nobody.lab: no MX host has this name\n" in err, err
        out, err, status = self.run("--only zzz", "nothing.lab")
        assert (status, err) == (1, ""), "no host was seen: nothing can be said of the pattern"

    def check_trouble_names_its_option(self):
        """What is wrong with a file is told with the option that named it, and with no other."""
        broken = self.file.with_name("broken")
        resolv_conf = ["unshare", "-m", "sh", "-c", f'mount --bind {broken} /etc/resolv.conf; exec "$@"', "-"]
        for text, wanted in (("nameserver resolver.example\n", "not an address of a nameserver: resolver.example"),
                             (f"nameserver {'1' * 70}\n", f"not an address of a nameserver: {'1' * 64}..."),
                             ("nameserver ::1\n" * 17, "more than 16 nameservers"),
                             ("search lab\n", "no nameserver in it")):
            broken.write_text(text)
            result = subprocess.run([*resolv_conf, *self.command, "-N", "good.lab"], capture_output=True,
                                    text=True, timeout=60, check=False)
            assert (result.returncode, result.stderr) == (2, f"mxdane: -N: /etc/resolv.conf: {wanted}\n"), result
        broken.unlink()
        folder = self.file.parent
        for options, wanted in ((f"-f {folder}", f"-f {folder}: Is a directory"),
                                (f"-f {folder}/none", f"-f {folder}/none: No such file or directory"),
                                (f"-f /dev/null --journal {folder}", f"--journal {folder}: Is a directory"),
                                (f"--state {folder}", f"--state {folder}: is not a regular file"),
                                (f"-o {folder}", f"-o {folder}: is not a regular file"),
                                (f"-v --retired {folder}", f"--retired {folder}: Is a directory"),
                                ("-n resolver.example", "-n: not an address of a nameserver: resolver.example")):
            out, err, status = self.run(options, *[] if "-f" in options else ["good.lab"])
            assert (out, err, status) == ("", f"mxdane: {wanted}\n", 2), (options, out, err, status)

    def check_output(self):
        """The file is as standard output would be, whatever the format, and nothing beside it."""
        times = (r'"(milliseconds|ttl|tries|days_left)":-?\d+|"verify_time":"[^"]*"|time=[0-9.]+s'
                 r'|_seconds(\{[^}]*\})? [0-9.]+')
        for name in ("trace", "json", "nagios", "prometheus", "summary"):
            self.file.write_text("before")
            out, err, status = self.run(f"--format {name} -o {self.file}", "e30.lab")
            wanted, _, wanted_status = self.run(f"--format {name}", "e30.lab")
            assert (out, err, status) == ("", "", wanted_status), (out, err, status)
            got = self.file.read_text()
            assert re.sub(times, "", got) == re.sub(times, "", wanted) != "", got
            assert self.files() == [self.file.name], self.files()

    def files(self):
        return sorted(path.name for path in self.file.parent.glob(self.file.name + "*"))

    def check_output_link(self):
        """What a link leads to is replaced; a pipe or a folder never is."""
        link, pipe = self.file.with_name("link"), self.file.with_name("pipe")
        self.file.write_text("before")
        link.symlink_to(self.file)
        self.run(f"--format summary -o {link}", "exim.lab")
        assert link.is_symlink() and self.file.read_text().startswith("exim.lab\tpass\t")
        link.unlink()
        os.mkfifo(pipe)
        for place in (pipe, self.file.parent):
            out, err, status = self.run(f"-o {place}", "exim.lab")
            assert (out, status) == ("", 2) and "is not a regular file" in err, err
        assert pipe.is_fifo()
        pipe.unlink()

    def check_output_failure(self):
        """A disk that is full leaves the file as it was, and nothing beside it."""
        place = self.file.parent / "full"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", place], check=True)
        try:
            (place / "report").write_text("before")
            out, err, status = self.run(f"--format json -o {place / 'report'}", "e30.lab", "e33.lab")
            assert (out, status) == ("", 2) and "No space left" in err, (out, err, status)
            assert (place / "report").read_text() == "before"
            assert [path.name for path in place.iterdir()] == ["report"]
        finally:
            subprocess.run(["umount", place], check=True)

    def check_output_signal(self):
        """A run that is cut publishes nothing and leaves nothing."""
        self.file.write_text("before")
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process = self.start_hanging(how, signal.SIG_DFL)
            process.send_signal(how)
            assert process.wait(60) == 128 + how, (how, process.returncode)
            process.stderr.close()
            assert self.file.read_text() == "before" and self.files() == [self.file.name], how

    def check_output_nohup(self):
        """What the user had ignored stays so."""
        process = self.start_hanging(signal.SIGHUP, signal.SIG_IGN, "-s", "500")
        process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 1, process.returncode
        process.stderr.close()
        assert "mxdane_run_domains 1\n" in self.file.read_text()

    def start_hanging(self, number, handler, *options):
        """A run whose server is silent, once its temporary file is there."""
        process = subprocess.Popen([*self.command, "--format", "prometheus", "-s", "20000", *options,
                                    "-o", self.file, "e74.lab"], stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(number, handler))
        self.file.touch()
        while len(self.files()) < 2:
            assert process.poll() is None
        return process

    def check_output_mode(self):
        """Who may read the file that is replaced may read the new one, and nobody else."""
        self.file.write_text("before")
        for mode in (0o600, 0o640, 0o644):
            self.file.chmod(mode)
            self.run(f"--format summary -o {self.file}", "exim.lab")
            assert self.file.stat().st_mode & 0o7777 == mode, oct(self.file.stat().st_mode)

    def check_golden(self):
        """The golden files of the unit tests follow the same rules as what real servers give."""
        golden = DOCS.parent / "testdata/golden"
        for line in (golden / "json").read_text().splitlines():
            VALIDATOR.validate(json.loads(line))
        with open(golden / "prometheus", encoding="utf-8") as metrics:
            lint = subprocess.run(["promtool", "check", "metrics"], stdin=metrics, capture_output=True,
                                  text=True, check=False)
        assert (lint.returncode, lint.stderr) == (0, ""), lint


def checks(command, directory):
    """(name, function) of the checks of the other formats."""
    formats = Formats(command, directory)
    return [(name, getattr(formats, name)) for name in sorted(dir(Formats)) if name.startswith("check_")]
