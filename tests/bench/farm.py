"""The bench's own lab: one signed zone of many domains on nsd, unbound in front, and nginx's mail
proxy as a fast STARTTLS server on all of 127/8."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "lab"))
sys.dont_write_bytecode = True
import pki  # noqa: E402
import zones  # noqa: E402

NGINX = """daemon off; master_process off; pid {directory}/nginx.pid; error_log /dev/null;
worker_rlimit_nofile 60000;
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
events {{ worker_connections 30000; }}
mail {{
    server_name bench.lab; auth_http 127.0.0.1:9/; proxy_pass_error_message on;
    smtp_auth none; starttls on; ssl_session_tickets off;
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


def address_of(number):
    """127.64.0.0 and on."""
    return f"127.{64 + number // 65536}.{number // 256 % 256}.{number % 256}"


class Farm:
    """`domains` domains dN.bench.lab over `hosts` MX hosts mxN.bench.lab."""

    def __init__(self, domains, hosts):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mxdane-bench-"))
        self.domains, self.hosts, self.processes = domains, hosts, []

    def zone_text(self, digest):
        lines = [f"d{number} IN MX 10 mx{number % self.hosts}" for number in range(self.domains)]
        for number in range(self.hosts):
            lines.append(f"mx{number} IN A {address_of(number)}")
            lines.append(f"_25._tcp.mx{number} IN TLSA 3 1 1 {digest}")
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
        (self.directory / "nginx.conf").write_text(NGINX.format(directory=self.directory))
        nginx = subprocess.Popen(["nginx", "-c", str(self.directory / "nginx.conf"), "-p",
                                  str(self.directory)], stderr=subprocess.DEVNULL)
        self.processes.append(nginx)
        zones.wait_for_port("127.64.0.0", 25, nginx)

    def sign(self, zone):
        zone.make_keys()
        zone.sign()
        return zone

    def list(self, count):
        """A file of the first `count` domains."""
        path = self.directory / f"list-{count}"
        path.write_text("".join(f"d{number}.bench.lab\n" for number in range(count)))
        return path

    def restart_unbound(self):
        """A resolver that knows nothing."""
        self.processes[1].terminate()
        self.processes[1].wait(20)
        self.processes[1] = subprocess.Popen(
            ["unbound", "-d", "-c", str(self.directory / "unbound.conf")],
            stderr=subprocess.DEVNULL)
        zones.wait_for_port(zones.UNBOUND, 53, self.processes[1])

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)
        shutil.rmtree(self.directory)


def delegation(zone):
    tag, digest = zone.ds()
    return (f"{zone.name} IN NS ns.{zone.name}\nns.{zone.name} IN A {zones.NSD}\n"
            f"{zone.name} IN DS {tag} 13 2 {digest}\n")
