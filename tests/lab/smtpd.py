"""A scripted SMTP server: good by default, and whatever a case's [servers."ADDRESS"] says."""
import asyncio
import socket
import ssl
import struct

DEFAULTS = {
    "greeting": "220 lab ESMTP\r\n",
    "ehlo": "250-lab\r\n250-PIPELINING\r\n250 STARTTLS\r\n",
    "starttls": "220 go ahead\r\n",
    "ehlo_tls": "250 lab\r\n",
    "quit": "221 bye\r\n",
    "end": "",       # "STATE close", "STATE reset" or "STATE silence": instead of its reply
    "delay": 0.0,    # seconds before every reply
    "tls_delay": False,  # before our first flight of the handshake too
    "pieces": 0,     # bytes a write; 0: whole replies
    "tls": "",       # "1.0", "1.1", "1.2", "garbage", "anonymous"
    "client_certificate": False,  # required
    "ciphers": "DEFAULT",
    "sni": "",       # the only server name that is served; others get an alert
    "busy": 0,       # so many connections get a 421 first
    "full": False,   # the queue of connections is full: no connection is ever made
}
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
            "1.2": ssl.TLSVersion.TLSv1_2}


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
    if script["sni"]:
        context.sni_callback = lambda _, name, __: (
            None if name == script["sni"] else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
    return context


class Session(asyncio.Protocol):
    """One connection; every reply is looked up in the script of its address. TLS runs over memory
    BIOs, so that alerts go out and bytes can be cut at will."""

    def __init__(self, script, context):
        self.script, self.context = script, context
        self.transport, self.buffer = None, b""
        self.tls = None  # the SSLObject after STARTTLS
        self.established = self.delayed = False
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()

    def connection_made(self, transport):
        self.transport = transport
        if self.script["busy"] > 0:
            self.script["busy"] -= 1
            transport.write(b"421 4.7.0 try again later\r\n")
            transport.close()
            return
        self.reply("GREETING", "greeting")

    def reply(self, state, key):
        """Sends a reply of the script after its delay, or does what stands in its place."""
        where, _, what = self.script["end"].partition(" ")
        if where != state:
            asyncio.get_running_loop().call_later(self.script["delay"], self.send, key)
        elif what == "reset":
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        elif what == "close":
            self.transport.close()

    def send(self, key):
        data = self.script[key].encode("latin-1")
        if self.tls:
            self.tls.write(data)
            data = self.outgoing.read()
        self.write(data)
        if key == "starttls" and data.startswith(b"220"):
            self.tls = self.context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def write(self, data):
        size = self.script["pieces"] or len(data) or 1
        for at in range(0, len(data), size):
            self.transport.write(data[at:at + size])

    def data_received(self, data):
        if not self.tls:
            self.lines(data)
        elif self.script["tls"] == "garbage":
            self.transport.write(b"this is no TLS at all\r\n" * 3)
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


def full_queue(address):
    """A socket that listens but whose queue holds all it can: further SYNs are dropped."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.bind((address, 25))
    listener.listen(0)
    waiting = [socket.create_connection((address, 25))]
    return [listener, *waiting]


async def serve(servers):
    """`servers`: address -> (script, [(chain file, key file), ...]). Returns what closes them."""
    loop = asyncio.get_running_loop()
    listening = []
    for address, (script, pairs) in servers.items():
        script = {**DEFAULTS, **script}
        if script["full"]:
            listening += full_queue(address)
            continue
        context = tls_context(script, pairs)
        listening.append(await loop.create_server(
            lambda script=script, context=context: Session(script, context), address, 25))
    return listening
