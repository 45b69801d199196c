"""The lab: a signed root, `lab.` and a domain per case on nsd, unbound in front, scripted SMTP
servers, all on loopback in a network namespace of its own."""
import asyncio
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import dnsd
import mta
import pki
import smtpd
import versions
import zones

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent.parent / "testdata" / "lab"
INSIDE = "MXDANE_LAB_NAMESPACE"


def own_tmp():
    """A /tmp that nobody else writes to; a checkout below it stays where it is."""
    root = HERE.parent.parent
    below = root.is_relative_to("/tmp")
    if below:
        subprocess.run(["mount", "--bind", root, "/mnt"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/tmp"], check=True)
    if below:
        root.mkdir(parents=True)
        subprocess.run(["mount", "--move", "/mnt", root], check=True)
    os.chdir(os.getcwd())


def unpack():
    """Puts the mail servers below build: the lab itself has no network."""
    subprocess.run([HERE.parent / "unpack", versions.UNPACKED, *mta.PACKAGES], check=True)


def enter_namespace():
    """Re-executes this program with a loopback and a /tmp of its own."""
    if os.environ.get(INSIDE):
        own_tmp()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for host in range(1, 20):
            subprocess.run(["ip", "-6", "addr", "add", f"fd00:25::{host:x}/128", "dev", "lo",
                            "nodad"], check=True)
        return
    os.environ[INSIDE] = "1"
    unpack()
    users = [] if os.geteuid() == 0 else ["--map-root-user", "--map-auto"]
    os.execvp("unshare", ["unshare", *users, "-nm", "--", sys.executable, *sys.argv])


def missing_algorithms(binary):
    """What the embedded resolver cannot validate: libunbound has no Ed448 where it is built with
    nettle, as on Debian 12, and has it where it is built with OpenSSL, as on Debian 13."""
    def libraries(path):
        return subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout

    unbound = re.search(r"libunbound\.so\S* => (\S+)", libraries(binary))
    return {"ED448"} if unbound and "libnettle" in libraries(unbound[1]) else set()


class Case:
    """One file of testdata/lab."""

    def __init__(self, path, directory, missing=()):
        self.name, self.directory = path.stem, directory
        self.spec = versions.settle(tomllib.loads(path.read_text()))
        self.domain = self.spec.get("domain", self.name.split("-")[0].lower() + ".lab") + "."
        self.lacks = self.spec.get("embedded_lacks") in missing
        self.certs, self.tlsa = {}, {}
        self.known = {}  # every certificate of the lab, by the SHA2-256 of its DER
        self.zone = None

    def make_certs(self):
        host = f"mx.{self.domain}".rstrip(".")
        specs = {"root": {"cn": "Lab Root CA", "org": "Lab", "ca": True, "days": [-300, 3000]},
                 "ca": {"cn": "Lab Issuing CA", "org": "Lab", "ca": True, "issuer": "root"},
                 "leaf": {"cn": host, "names": [host], "issuer": "ca"}}
        for name, spec in self.spec.get("certs", {}).items():
            specs[name] = {**specs.get(name, {}), **spec}
        for name, spec in list(specs.items()):
            specs.update(levels(name, spec))
        for name in specs:
            self.make_cert(name, specs)

    def make_cert(self, name, specs):
        """Makes what a certificate depends on before it."""
        if name in self.certs:
            return
        spec = specs[name]
        for other in (spec.get("issuer"), spec.get("key_of")):
            if other and other != name:
                self.make_cert(other, specs)
        key = self.certs[spec["key_of"]].key if "key_of" in spec else None
        self.certs[name] = pki.Certificate(spec, self.certs.get(spec.get("issuer")), key)

    def expand(self, text):
        """The lines between ${each FIRST LAST} and ${end}, then every other ${...}."""
        return self.expand_words(re.sub(r"\$\{each (\d+) (\d+)\}\n(.*?)\$\{end\}\n", repeat, text,
                                        flags=re.S))

    def expand_words(self, text):
        """${CERT U S M}: a TLSA RDATA; ${digest CERT S M}; ${pem CERT}: the SHA-256 of its PEM
        text; ${short ...}: one of these as findings show it; ${zone}; ${ds AD}; ${dnskey AD};
        ${ds_right TYPE}, ${ds_wrong TYPE}: RDATA of a DS of the zone's key;
        ${tls OWNER CERT,...[+CERT,... of no path][ PARAMETERS]}; ${domain}; ${lab}: the directory of
        the trust anchor and hints files; ${zeros N}: octets as hex."""
        def replace(match):
            words = match[1].split(" ", 3)
            if words[0] == "domain":
                return self.domain
            if words[0] == "digest":
                return self.certs[words[1]].data(int(words[2]), int(words[3]))
            if words[0] == "pem":
                return hashlib.sha256(self.certs[words[1]].pem()).hexdigest()
            if words[0] == "zeros":
                return "00" * int(words[1])
            if words[0] == "lab":
                return str(self.directory)
            if words[0] == "zone":
                return zone_lines(self.zone)
            if words[0] in ("ds_right", "ds_wrong"):
                return ds_rdata(self.zone, int(words[1]), words[0] == "ds_right")
            if words[0] == "ds":
                return ds_line(self.zone, words[1])
            if words[0] == "dnskey":
                return dnskey_lines(self.zone, words[1])
            if words[0] == "tls":
                path, _, strays = words[2].partition("+")
                chains = [[self.certs[name] for name in self.whole_chain(names.split(",")) if name]
                          for names in (path, strays)]
                return pki.trace_tls(*chains, self.tlsa.get(words[1], set()), *words[3:])
            if words[0] == "short":
                whole = replace(re.match(r"\$\{([^}]+)\}", "${" + match[1][len("short "):] + "}"))
                fields, blank, data = whole.rpartition(" ")
                return f"{fields}{blank}{data[:12]}...{data[-12:]}"
            usage, selector, mtype = map(int, words[1:4])
            return f"{usage} {selector} {mtype} " + self.certs[words[0]].data(selector, mtype)
        return re.sub(r"\$\{([^}]+)\}", replace, text)

    def make_zone(self, directory):
        records = self.expand(self.spec.get("records", ""))
        for owner, *fields in re.findall(r"^_25\._tcp\.(\S+) .*TLSA (\d+) (\d+) (\d+) (\S+)",
                                         records, re.M):
            entry = (int(fields[0]), int(fields[1]), int(fields[2]), fields[3].lower())
            self.tlsa.setdefault(owner, set()).add(entry)
        self.zone = zones.Zone(directory, self.domain, records, self.spec.get("nsec3"),
                               [tuple(pair) for pair in self.spec.get("mangle", [])],
                               self.spec.get("nameservers", [zones.NSD]),
                               self.spec.get("long", False),
                               self.spec.get("algorithm", "ECDSAP256SHA256"),
                               self.spec.get("revoked", False))
        self.zone.make_keys()
        self.zone.sign(self.spec.get("signed", True))
        return self.zone

    def servers(self, directory):
        """address -> (script, [(chain file, key file), ...])."""
        result = {}
        for address, script in self.spec.get("servers", {}).items():
            chains = [script.get("chain", ["leaf", "ca"])]
            if "second_chain" in script:
                chains.append(script["second_chain"])
            result[address] = (script, [self.write_chain(directory, address, chain,
                                                         script.get("key_of"))
                                        for chain in chains])
        return result

    def whole_chain(self, chain):
        """NAME; "NAME*N" for N times the same; "NAME..N" for NAME1, NAME2 and so on."""
        for word in chain:
            name, times, number = word.partition("*" if "*" in word else "..")
            if not times:
                yield word
            for i in range(1, int(number or 0) + 1):
                yield name if times == "*" else f"{name}{i}"

    def write_chain(self, directory, address, chain, key_of):
        """The files of a chain and of its leaf's key."""
        stem = str(directory / f"{self.name}-{address}-{chain[0]}").replace(":", "_")
        pem, key = pathlib.Path(stem + ".pem"), pathlib.Path(stem + ".key")
        pem.write_bytes(b"".join(self.certs[name].pem() for name in self.whole_chain(chain)))
        leaf = self.certs[chain[0]]
        key.write_bytes(pki.stolen_key_pem(leaf, self.certs[key_of]) if key_of else leaf.key_pem())
        return pem, key


def levels(name, spec):
    """A certificate with `levels = N`: NAME1 is issued by NAME2 and so on, NAMEN by its issuer."""
    last = spec.get("levels", 0)
    return {f"{name}{i}": {**spec, "levels": 0, "cn": f"{spec['cn']} {i}",
                           "issuer": spec["issuer"] if i == last else f"{name}{i + 1}"}
            for i in range(1, last + 1)}


def zone_lines(zone):
    """The DS and DNSKEY lines of a secure zone, as the contract orders them."""
    return ds_line(zone, 1) + "\n" + dnskey_lines(zone, 1)


def ds_line(zone, ad):
    return f"{zone.name} IN DS {ds_rdata(zone, 2)} ; AD={ad} NoError"


def ds_rdata(zone, digest_type, right=True):
    """A DS of the zone's key signing key; the digest of a wrong one begins with two octets of 0."""
    tag, digest = zone.ds({1: "sha1", 2: "sha256", 4: "sha384"}[digest_type])
    return f"{tag} {zone.number} {digest_type} {digest if right else '0000' + digest[4:]}"


def dnskey_lines(zone, ad):
    return "\n".join(f"{zone.name} IN DNSKEY {flags} 3 {zone.number} {key} ; AD={ad} NoError"
                     for flags, key in sorted(map(zone.dnskey_rdata, ("ksk", "zsk"))))


def repeat(match):
    """The lines once for each number, which stands for their ${n}, the next for their ${n+1}."""
    return "".join(match[3].replace("${n}", str(number)).replace("${n+1}", str(number + 1))
                   for number in range(int(match[1]), int(match[2]) + 1))


class Lab:
    """Everything that runs; stop() ends it by process id."""

    def __init__(self, keep=False, binary="build/release/mxdane", pattern=""):
        self.mtas = None
        self.tlsd = pathlib.Path(binary).resolve().parent / "lab" / "tlsd"
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mxdane-lab-"))
        self.keep = keep
        self.processes, self.listening = [], []
        missing = missing_algorithms(binary)
        cases = [Case(path, self.directory, missing) for path in sorted(CASES.glob("*.toml"))
                 if re.search(pattern, path.stem)]
        self.cases = [case for case in cases if not versions.missing(case.spec)]
        self.skipped = [case for case in cases if versions.missing(case.spec)]

    async def start(self):
        resolv = self.directory / "resolv.conf"
        resolv.write_text(f"nameserver {zones.UNBOUND}\nnameserver {zones.DISTANT}\n")
        subprocess.run(["mount", "--bind", str(resolv), "/etc/resolv.conf"], check=True)
        signed, known = [], {}
        for case in self.cases:
            case.make_certs()
            known.update({cert.data(0, 1): cert for cert in case.certs.values()})
            case.known = known
            if "records" in case.spec:
                signed.append(case.make_zone(self.directory))
        parent = zones.Zone(self.directory, "lab.", "".join(
            delegation(case) for case in self.cases if case.zone))
        parent.make_keys()
        parent.sign()
        root = zones.Zone(self.directory, ".", delegation_to(parent))
        root.make_keys()
        root.sign()
        plain = [zone for zone in signed if zone.nameservers == [zones.NSD]]
        hidden = [zone for zone in signed if zone.nameservers != [zones.NSD]]
        self.processes.append(zones.start_nsd(self.directory, zones.NSD, [root, parent, *plain]))
        self.processes.append(zones.start_nsd(self.directory, zones.HIDDEN, hidden))
        self.processes.append(zones.start_unbound(self.directory, root))
        servers = {}
        for case in self.cases:
            for address, server in case.servers(self.directory).items():
                assert address not in servers, f"{address} is another case's too"
                servers[address] = server
        self.listening += await dnsd.serve(
            {address: rules for case in self.cases
             for address, rules in case.spec.get("dns", {}).items()},
            {"nsd": zones.HIDDEN, "unbound": zones.UNBOUND})
        real = {address: server for address, server in servers.items() if "mta" in server[0]}
        self.mtas = mta.Mtas(versions.UNPACKED, self.directory)
        self.mtas.start(real)
        self.listening += await smtpd.serve({address: server for address, server in servers.items()
                                            if address not in real}, self.tlsd)

    def stop(self):
        for server in self.listening:
            server.close()
        if self.mtas:
            self.mtas.stop()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)
        if not self.keep:
            shutil.rmtree(self.directory)

    def options(self, mode):
        """The resolver options of a mode."""
        if mode == "n":
            return ["-n", zones.UNBOUND]
        return ["--trust-anchor", str(self.directory / "root.key"),
                "--root-hints", str(self.directory / "root.hints")]


def delegation_to(zone, signed=True):
    """NS and glue; DS where the delegation is signed."""
    text = f"{zone.name} IN NS ns.{zone.name}\n"
    text += "".join(f"ns.{zone.name} IN A {address}\n" for address in zone.nameservers)
    return text + (f"{zone.name} IN DS {ds_rdata(zone, 2)}\n" if signed else "")


def delegation(case):
    text = delegation_to(case.zone, case.spec.get("ds", case.spec.get("signed", True)))
    return text + "".join(f"{case.domain} IN DS {case.expand(more)}\n" for more in case.spec.get("more_ds", []))
