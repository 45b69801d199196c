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
    "pieces": 0,     # bytes a write; 0: whole replies
    "tls": "",       # "1.0", "1.1", "1.2", "garbage", "clientcert"
}
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
            "1.2": ssl.TLSVersion.TLSv1_2}


def tls_context(chain_file, key_file, kind):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    if kind in VERSIONS:
        context.maximum_version = VERSIONS[kind]
    if kind == "clientcert":
        context.verify_mode = ssl.CERT_REQUIRED
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(chain_file, key_file)
    return context


class Session(asyncio.Protocol):
    """One connection; every reply is looked up in the script of its address."""

    def __init__(self, script, context):
        self.script, self.context = script, context
        self.transport, self.state, self.buffer = None, "GREETING", b""
        self.secure = self.garbage = False

    def connection_made(self, transport):
        self.transport = transport
        if not self.secure:
            self.reply("GREETING", "greeting")

    def reply(self, state, key):
        """Sends a reply of the script, or does what stands in its place; False ends it."""
        where, _, what = self.script["end"].partition(" ")
        if where == state:
            if what == "reset":
                raw = self.transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.transport.abort()
            elif what == "close":
                self.transport.close()
            return
        asyncio.get_running_loop().call_later(self.script["delay"], self.send, key)

    def send(self, key):
        data = self.script[key].encode("latin-1")
        if key == "starttls":
            self.transport.pause_reading()  # what follows is the handshake's
        size = self.script["pieces"] or len(data) or 1
        for at in range(0, len(data), size):
            self.transport.write(data[at:at + size])
        if key == "starttls" and data.startswith(b"220"):
            if self.script["tls"] == "garbage":
                self.garbage = True
                self.transport.resume_reading()
            else:
                asyncio.get_running_loop().create_task(self.start_tls())
        elif key == "starttls":
            self.transport.resume_reading()

    async def start_tls(self):
        self.secure = True
        try:
            self.transport = await asyncio.get_running_loop().start_tls(
                self.transport, self, self.context, server_side=True)
        except (OSError, ssl.SSLError):
            return

    def data_received(self, data):
        if self.garbage:
            self.transport.write(b"this is no TLS at all\r\n" * 3)
            return
        self.buffer += data
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            self.command(line.strip().upper())

    def command(self, line):
        if line.startswith(b"EHLO"):
            self.reply("EHLO-TLS" if self.secure else "EHLO",
                       "ehlo_tls" if self.secure else "ehlo")
        elif line == b"STARTTLS":
            self.reply("STARTTLS", "starttls")
        elif line == b"QUIT":
            self.reply("QUIT", "quit")


async def serve(servers):
    """`servers`: address -> (script, chain file, key file). Returns what closes them all."""
    loop = asyncio.get_running_loop()
    listening = []
    for address, (script, chain, key) in servers.items():
        script = {**DEFAULTS, **script}
        context = tls_context(chain, key, script["tls"])
        listening.append(await loop.create_server(
            lambda script=script, context=context: Session(script, context), address, 25))
    return listening
