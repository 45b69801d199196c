"""Signed zones on nsd, and unbound in front of them."""
import base64
import hashlib
import pathlib
import re
import socket
import subprocess
import time

NSD, UNBOUND = "127.53.0.1", "127.0.0.1"
HIDDEN = "127.53.0.2"  # the nsd behind name servers that misbehave: it knows no parent zone
DISTANT = "fd00:25::13"  # unbound at an address that is not loopback
ALGORITHMS = {"ECDSAP256SHA256": 13, "ED448": 16}
HEADER = """$ORIGIN {zone}
$TTL 300
@ IN SOA ns.{zone} host\\.master.{zone} 1 3600 600 86400 300
@ IN NS ns.{zone}
"""


class Zone:
    """A zone file, its keys and its DS."""

    def __init__(self, directory, name, records, nsec3=None, mangle=(),
                 nameservers=(NSD,), long=False, algorithm="ECDSAP256SHA256", revoked=False):
        self.directory, self.name, self.nsec3, self.mangle = directory, name, nsec3, mangle
        self.long = long
        self.nameservers = nameservers
        self.algorithm, self.number = algorithm, ALGORITHMS[algorithm]
        self.flags = {"ksk": 257 + (128 if revoked else 0), "zsk": 256}
        self.stem = "root" if name == "." else name.rstrip(".")
        self.file = directory / f"{self.stem}.zone"
        origin = "" if name == "." else name
        head = HEADER.replace("ns.{zone}", "ns." + (origin or "lab-root."))
        self.text = head.format(zone=name).replace("host\\.master..", "host\\.master.")
        for address in nameservers:
            self.text += f"ns.{origin or 'lab-root.'} IN A {address}\n"
        self.text += records
        self.keys = {}

    def make_keys(self):
        for role, flags in (("ksk", ["-k"]), ("zsk", [])):
            stem = subprocess.run(["ldns-keygen", "-a", self.algorithm, *flags, self.name],
                                  cwd=self.directory, check=True, capture_output=True,
                                  text=True).stdout.strip()
            file = self.directory / f"{stem}.key"
            file.write_text(re.sub(r"DNSKEY\t\d+", f"DNSKEY\t{self.flags[role]}", file.read_text()))
            fields = file.read_text().split("\t")
            self.keys[role] = (stem, fields[-1].split(";")[0].split(None, 3)[-1].replace(" ", "")
                               .strip())

    def dnskey_rdata(self, role):
        key = self.keys[role][1]
        return self.flags[role], key

    def ds(self, digest="sha256"):
        """Key tag and digest by RFC 4034, worked out here."""
        wire = b"".join(bytes([len(label)]) + label.encode()
                        for label in self.name.split(".") if label) + b"\0"
        rdata = self.flags["ksk"].to_bytes(2, "big") + bytes([3, self.number])
        rdata += base64.b64decode(self.keys["ksk"][1])
        tag = sum(byte << 8 if i % 2 == 0 else byte for i, byte in enumerate(rdata))
        tag = (tag + (tag >> 16)) & 0xffff
        return tag, hashlib.new(digest, wire + rdata).hexdigest()

    def signer(self):
        """The command that signs the file. What is too long for ldns-signzone BIND's tool takes."""
        now = int(time.time())
        keys = [self.keys[role][0] for role in ("ksk", "zsk")]
        if self.long:
            self.file.write_text(self.text + "".join(
                (self.directory / f"{key}.key").read_text() for key in keys))
            return ["dnssec-signzone", "-P", "-o", self.name, "-f", self.file.name,
                    self.file.name, *keys]
        flags = [] if self.nsec3 is None else ["-n", "-t", str(self.nsec3)]
        return ["ldns-signzone", "-o", self.name, "-f", self.file.name, *flags,
                "-i", str(now - 7200), "-e", str(now + 864000), self.file.name, *keys]

    def sign(self, signed=True):
        self.file.write_text(self.text)
        if not signed:
            return
        subprocess.run(self.signer(), cwd=self.directory, check=True, capture_output=True)
        text = self.file.read_text()
        for pattern, replacement in self.mangle:
            text, count = re.subn(pattern, replacement, text, flags=re.M)
            assert count, f"{self.name}: {pattern} changes nothing"
        self.file.write_text(text)


def wait_for_port(address, port, process):
    """Waits until a TCP port is open, for as long as its server lives and 20 s at most."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((address, port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens at {address} port {port}")


def start_nsd(directory, address, zones):
    conf = directory / f"nsd-{address}.conf"
    text = (f'server:\n ip-address: {address}\n username: ""\n chroot: ""\n zonesdir: "{directory}"\n'
            f' database: ""\n pidfile: "{directory}/{address}.pid"\n xfrdfile: "{directory}/{address}.xfrd"\n'
            f' zonelistfile: "{directory}/{address}.list"\n xfrdir: "{directory}"\n server-count: 1\n rrl-ratelimit: 0\n'
            'remote-control:\n control-enable: no\n')
    text += "".join(f'zone:\n name: "{zone.name}"\n zonefile: "{zone.file}"\n' for zone in zones)
    conf.write_text(text)
    process = subprocess.Popen(["nsd", "-d", "-c", str(conf)], stderr=subprocess.DEVNULL)
    wait_for_port(address, 53, process)
    return process


def start_unbound(directory, root, options=""):
    tag, digest = root.ds()
    (directory / "root.key").write_text(f". IN DS {tag} 13 2 {digest}\n")
    (directory / "wrong.key").write_text(f". IN DS {tag} 13 2 {'00' * 32}\n")
    (directory / "root.hints").write_text(
        f". 3600000 IN NS ns.lab-root.\nns.lab-root. 3600000 IN A {NSD}\n")
    conf = directory / "unbound.conf"
    conf.write_text(
        f'server:\n interface: {UNBOUND}\n interface: {UNBOUND}@5353\n interface: ::1\n interface: {DISTANT}\n username: ""\n chroot: ""\n directory: "{directory}"\n'
        f' pidfile: "{directory}/unbound.pid"\n use-syslog: no\n logfile: "/dev/null"\n'
        f' root-hints: "{directory}/root.hints"\n trust-anchor-file: "{directory}/root.key"\n'
        f' do-not-query-localhost: no\n incoming-num-tcp: 100\n access-control: {DISTANT} allow\n ede: yes\n val-bogus-ttl: 1\n cache-max-ttl: 604800\n{options}'
        'remote-control:\n control-enable: no\n')
    process = subprocess.Popen(["unbound", "-d", "-c", str(conf)], stderr=subprocess.DEVNULL)
    wait_for_port(UNBOUND, 53, process)
    return process
