"""A lab for lists: one signed zone of many domains on nsd, unbound in front, and nginx's mail proxy
as a fast STARTTLS server on all of 127/8."""
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import pki
import zones

NGINX = """daemon off; master_process off; pid {directory}/nginx.pid; error_log /dev/null;
worker_rlimit_nofile 60000;
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
events {{ worker_connections 30000; }}
mail {{
    server_name bench.lab; auth_http 127.0.0.1:9/; proxy_pass_error_message on;
    smtp_auth none; starttls on; ssl_session_tickets off; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_conf_command NumTickets 0;
    ssl_certificate {directory}/chain.pem; ssl_certificate_key {directory}/chain.key;
    server {{ listen 25 backlog=4096; protocol smtp; }}
}}
"""

UNBOUND = """ msg-cache-size: 256m
 rrset-cache-size: 512m
 neg-cache-size: 64m
 key-cache-size: 64m
 num-queries-per-thread: 4096
 outgoing-range: 8192
 so-rcvbuf: 0
"""


SHARED_HOSTS = 50
HANG_PORT = 2525  # hang()
SILENT = "fd00:96::"  # every address of this /64 is local, and hangs
ONE = "127.98.0.1"    # of all the hosts of a group; who listens there is a check's matter,
ONE_PORT = 26         # on this port


def address_of(letter, number):
    """The record of a group's host: own and shared ones have an address of nginx's."""
    if letter in "hj":
        return f"AAAA {SILENT}{letter == 'j':d}:{number:x}"
    if letter == "v":
        return f"A {ONE}"
    net = 64 if letter == "o" else 96
    return f"A 127.{net + number // 65536}.{number // 256 % 256}.{number % 256}"


class Farm:
    """Domains of bench.lab in groups: `own` domains oN with an MX host and an address each,
    `shared` domains sN on 50 MX hosts, `hanging` domains hN whose servers accept a connection and
    are silent for ever, `joined` domains jN on one such host, `one` domains vN with a host each and
    one address for all of them."""

    def __init__(self, own=0, shared=0, hanging=0, joined=0, one=0):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mxdane-farm-"))
        self.groups = {"o": (own, own), "s": (shared, min(shared, SHARED_HOSTS)),
                       "h": (hanging, hanging), "j": (joined, min(joined, 1)),
                       "v": (one, one)}
        self.processes, self.silent = [], None

    def zone_text(self, digest):
        lines = []
        for letter, (domains, hosts) in self.groups.items():
            lines += [f"{letter}{number} IN MX 10 mx-{letter}{number % hosts}"
                      for number in range(domains)]
            for number in range(hosts):
                lines.append(f"mx-{letter}{number} IN {address_of(letter, number)}")
                ports = {"h": (25, HANG_PORT), "v": (ONE_PORT,)}.get(letter, (25,))
                lines += [f"_{port}._tcp.mx-{letter}{number} IN TLSA 3 1 1 {digest}"
                          for port in ports]
        return "\n".join(lines) + "\n"

    def start(self):
        ca = pki.Certificate({"cn": "Bench CA", "ca": True}, None)
        leaf = pki.Certificate({"cn": "mx.bench.lab", "names": ["mx.bench.lab"]}, ca)
        (self.directory / "chain.pem").write_bytes(leaf.pem() + ca.pem())
        (self.directory / "chain.key").write_bytes(leaf.key_pem())
        bench = zones.Zone(self.directory, "bench.lab.", self.zone_text(leaf.data(1, 1)))
        parents = [self.sign(bench)]
        for name in ("lab.", "."):
            parents.append(self.sign(zones.Zone(self.directory, name, delegation(parents[-1]))))
        self.processes.append(zones.start_nsd(self.directory, zones.NSD, parents))
        self.processes.append(zones.start_unbound(self.directory, parents[-1], UNBOUND))
        self.hang()
        self.start_nginx()

    def hang(self):
        """The kernel accepts connections for a socket that nobody reads."""
        subprocess.run(["ip", "-6", "route", "add", "local", f"{SILENT}/64", "dev", "lo"],
                       check=True)
        self.silent = socket.create_server(("::", 25), family=socket.AF_INET6, backlog=4096)

    def let_go(self):
        """Makes room in the silent socket's queue, which connections that are over fill, too."""
        self.silent.setblocking(False)
        try:
            while True:
                self.silent.accept()[0].close()
        except BlockingIOError:
            pass

    def hang_at(self, state):
        """A process whose server hangs in a state of SMTP, for the "h" hosts with -p HANG_PORT."""
        process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("hang.py"), str(HANG_PORT), state,
             self.directory / "chain.pem", self.directory / "chain.key"], stdout=subprocess.PIPE)
        assert process.stdout.read(1) == b"\n", "hang.py does not listen"
        return process

    def start_nginx(self):
        (self.directory / "nginx.conf").write_text(NGINX.format(directory=self.directory))
        nginx = subprocess.Popen(["nginx", "-c", str(self.directory / "nginx.conf"), "-p",
                                  str(self.directory)], stderr=subprocess.DEVNULL)
        self.processes.append(nginx)
        zones.wait_for_port("127.64.0.0", 25, nginx)

    def sign(self, zone):
        zone.make_keys()
        zone.sign()
        return zone

    def names(self, letter, count=None):
        """The first domains of a group, or all of them."""
        if count is None:
            count = self.groups[letter][0]
        return [f"{letter}{number}.bench.lab" for number in range(count)]

    def list(self, names):
        """A file of these domains."""
        path = self.directory / "list"
        path.write_text("".join(f"{name}\n" for name in names))
        return path

    def set_resolv_conf(self):
        """What -N reads, and what libraries ask."""
        resolv = self.directory / "resolv.conf"
        resolv.write_text(f"nameserver {zones.UNBOUND}\noptions trust-ad edns0\n")
        subprocess.run(["mount", "--bind", resolv, "/etc/resolv.conf"], check=True)

    def restart_unbound(self):
        """A resolver that knows nothing."""
        self.processes[1].terminate()
        self.processes[1].wait(20)
        self.processes[1] = subprocess.Popen(
            ["unbound", "-d", "-c", str(self.directory / "unbound.conf")],
            stderr=subprocess.DEVNULL)
        zones.wait_for_port(zones.UNBOUND, 53, self.processes[1])

    def stop(self):
        if self.silent:
            self.silent.close()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)
        shutil.rmtree(self.directory)


def delegation(zone):
    tag, digest = zone.ds()
    return (f"{zone.name} IN NS ns.{zone.name}\nns.{zone.name} IN A {zones.NSD}\n"
            f"{zone.name} IN DS {tag} 13 2 {digest}\n")
