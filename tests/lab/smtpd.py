"""A scripted SMTP server: good by default, and whatever a case's [servers."ADDRESS"] says."""
import asyncio
import functools
import socket
import ssl
import struct
import subprocess
import tempfile

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dh, dsa

DEFAULTS = {
    "greeting": "220 lab ESMTP\r\n",
    "ehlo": "250-lab\r\n250-PIPELINING\r\n250 STARTTLS\r\n",
    "starttls": "220 go ahead\r\n",
    "ehlo_tls": "250 lab\r\n",
    "quit": "221 bye\r\n",
    "end": "",       # "STATE WHAT", instead of its reply: WHAT is "close", "reset", "silence",
                     # "half-close", or a key of ENDLESS
    "delay": 0.0,    # seconds before every reply
    "tls_delay": False,  # before our first flight of the handshake too
    "pieces": 0,     # bytes a write; 0: whole replies
    "tls": "",       # "1.0", "1.1", "1.2", "anonymous", "raw", or what tlsd.c does
    "raw": [],       # of "raw": what is sent instead of TLS, as hex
    "raw_certificate": "",  # of "raw": the hex of a certificate in an otherwise good flight
    "client_certificate": False,  # required
    "key_of": "",    # the certificate whose key is used with that of another
    "ciphers": "DEFAULT",
    "dh_bits": 0,    # of a Diffie-Hellman group of our own
    "sni": "",       # the only server name that is served; others get an alert
    "busy": 0,       # so many sessions get a 421 first, and are closed,
    "busy_at": "GREETING",  # in this state
    "full": False,   # the queue of connections is full: no connection is ever made
}
ENDLESS = {  # a beginning, what follows for ever, seconds between the pieces
    "endless-line": (b"250 ", b"x" * 1024, 0),
    "endless-lines": (b"", b"250-on and on\r\n" * 64, 0),
    "drip": (b"250 ", b"x", 1),
    "record-drip": (b"\x16\x03\x03\x40\x00", b"\x00", 1),
    "empty-records": (b"", b"\x16\x03\x03\x00\x00" * 100, 0),
    "hello-requests": (b"", b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 100, 0),
}
TLSD = {"key-updates", "key-updates-after-quit", "tickets", "renegotiations", "one-renegotiation"}
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
            "1.2": ssl.TLSVersion.TLSv1_2}


@functools.cache
def dh_group(bits):
    """A file with a group as `openssl dhparam -dsaparam` makes it: that of a DSA key."""
    numbers = dsa.generate_parameters(bits).parameter_numbers()
    group = dh.DHParameterNumbers(numbers.p, numbers.g).parameters()
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(group.parameter_bytes(serialization.Encoding.PEM,
                                         serialization.ParameterFormat.PKCS3))
    return file.name


def tls_context(script, pairs):
    """`pairs`: chain file and key file, one pair for each kind of key."""
    kind = script["tls"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ciphers = "ADH" if kind == "anonymous" else script["ciphers"]
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    if kind in VERSIONS:
        context.maximum_version = VERSIONS[kind]
    if kind == "anonymous":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if script["client_certificate"]:
        context.verify_mode = ssl.CERT_REQUIRED
    for chain_file, key_file in pairs if kind != "anonymous" else []:
        context.load_cert_chain(chain_file, key_file)
    if script["dh_bits"]:
        context.load_dh_params(dh_group(script["dh_bits"]))
    if script["sni"]:
        context.sni_callback = lambda _, name, __: (
            None if name == script["sni"] else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
    return context


class Session(asyncio.Protocol):
    """One connection; every reply is looked up in the script of its address. TLS runs over memory
    BIOs, so that alerts go out and bytes can be cut at will."""

    def __init__(self, script, context, hand_over):
        self.script, self.context, self.hand_over = script, context, hand_over
        self.transport, self.buffer = None, b""
        self.tls = None  # the SSLObject after STARTTLS
        self.established = self.delayed = self.ended = False
        self.writable, self.pouring = asyncio.Event(), None
        self.writable.set()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()

    def connection_made(self, transport):
        self.transport = transport
        self.reply("GREETING", "greeting")

    def reply(self, state, key):
        """Sends a reply of the script after its delay, or does what stands in its place."""
        where, _, what = self.script["end"].partition(" ")
        if where == state:
            self.misbehave(what)
        elif self.script["busy"] > 0 and self.script["busy_at"] == state:
            self.script["busy"] -= 1
            self.say(b"421 4.7.0 try again later\r\n")
            self.transport.close()
        else:
            asyncio.get_running_loop().call_later(self.script["delay"], self.send, key)

    def misbehave(self, what):
        if what == "reset":
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        elif what == "close":
            self.transport.close()
        elif what == "half-close":
            self.ended = True
            self.transport.write_eof()
        elif what in ENDLESS:
            self.pouring = asyncio.get_running_loop().create_task(self.pour(*ENDLESS[what]))

    async def pour(self, first, then, pause):
        """Without end, until the client has gone."""
        self.say(first)
        while not self.transport.is_closing():
            self.say(then)
            await asyncio.sleep(pause)
            await self.writable.wait()

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    def connection_lost(self, exc):
        self.writable.set()

    def say(self, data):
        if self.established:
            self.tls.write(data)
            data = self.outgoing.read()
        self.write(data)

    def send(self, key):
        data = self.script[key].encode("latin-1")
        self.say(data)
        if key != "starttls" or not data.startswith(b"2"):
            return
        if self.hand_over is not None:
            self.hand_over(self.transport.get_extra_info("socket"))
            self.transport.abort()
        else:
            self.tls = self.context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def write(self, data):
        if self.ended:  # half-closed: TLS may still have something to say
            return
        size = self.script["pieces"] or len(data) or 1
        for at in range(0, len(data), size):
            self.transport.write(data[at:at + size])

    def data_received(self, data):
        where, _, what = self.script["end"].partition(" ")
        if not self.tls:
            self.lines(data)
        elif where == "HANDSHAKE":
            self.misbehave(what)
        elif self.script["tls"] == "raw":
            self.transport.write(raw_flight(self.script))
        elif self.script["tls_delay"] and not self.delayed:
            self.delayed = True
            self.incoming.write(data)
            asyncio.get_running_loop().call_later(self.script["delay"], self.step)
        else:
            self.incoming.write(data)
            self.step()

    def step(self):
        """As far as TLS goes with what is there; an alert of ours still goes out."""
        try:
            if not self.established:
                self.tls.do_handshake()
                self.established = True
            while data := self.tls.read(16384):
                self.lines(data)
        except ssl.SSLWantReadError:
            self.write(self.outgoing.read())
        except ssl.SSLError:
            self.write(self.outgoing.read())
            self.transport.close()

    def lines(self, data):
        self.buffer += data
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            self.command(line.strip().upper())

    def command(self, line):
        if line.startswith(b"EHLO"):
            self.reply("EHLO-TLS" if self.tls else "EHLO", "ehlo_tls" if self.tls else "ehlo")
        elif line == b"STARTTLS":
            self.reply("STARTTLS", "starttls")
        elif line == b"QUIT":
            self.reply("QUIT", "quit")


def raw_flight(script):
    """What a server sends that has not got OpenSSL's scruples."""
    data = b"".join(map(bytes.fromhex, script["raw"]))
    if script["raw_certificate"]:
        data += server_flight(bytes.fromhex(script["raw_certificate"]))
    return data


def server_flight(certificate):
    """ServerHello and Certificate of TLS 1.2, with ECDHE-ECDSA-AES128-GCM-SHA256."""
    def sized(data, octets=3):
        return len(data).to_bytes(octets, "big") + data
    hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2b" + b"\x00"
    messages = b"\x02" + sized(hello) + b"\x0b" + sized(sized(sized(certificate)))
    return b"\x16\x03\x03" + sized(messages, 2)


class Handed:
    """Connections that another program goes on with; it ends when its client does."""

    def __init__(self, command):
        self.command, self.processes = command, []

    def __call__(self, sock):
        self.processes.append(subprocess.Popen(self.command, stdin=sock.fileno()))

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()


def full_queue(address):
    """A socket that listens but whose queue holds all it can: further SYNs are dropped."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.bind((address, 25))
    listener.listen(0)
    waiting = [socket.create_connection((address, 25))]
    return [listener, *waiting]


async def serve(servers, tlsd):
    """`servers`: address -> (script, [(chain file, key file), ...]); `tlsd`: the program of tlsd.c.
    Returns what closes them."""
    loop = asyncio.get_running_loop()
    listening = []
    for address, (script, pairs) in servers.items():
        script = {**DEFAULTS, **script}
        if script["full"]:
            listening += full_queue(address)
            continue
        context = tls_context(script, pairs)
        hand_over = None
        if script["tls"] in TLSD:
            hand_over = Handed([tlsd, script["tls"], *map(str, pairs[0])])
            listening.append(hand_over)
        listening.append(await loop.create_server(
            lambda script=script, context=context, hand_over=hand_over:
            Session(script, context, hand_over), address, 25, backlog=1000))
    return listening
