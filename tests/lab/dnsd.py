"""A DNS server that relays to a good one and misbehaves as a case's [dns."ADDRESS"] says: a rule is
a query type or a name, and what becomes of such questions."""
import asyncio
import socket
import struct

RCODES = {"FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5, "BADRCODE": 11}
TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 15: "MX", 28: "AAAA", 43: "DS", 48: "DNSKEY",
         52: "TLSA"}
QR, AD, TC = 0x8000, 0x0020, 0x0200


def question(message):
    """The name, the type and the end of the question section."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1").lower())
        at += 1 + message[at]
    kind, = struct.unpack_from("!H", message, at + 1)
    return ".".join(labels) + ".", TYPES.get(kind, str(kind)), at + 5


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def reply(query, rcode=0, flags=0, records=b"", count=0):
    """An answer made here: the question, and records that are owned by its name."""
    _, _, end = question(query)
    number, asked = struct.unpack_from("!HH", query)
    header = struct.pack("!HHHHHH", number, QR | 0x0080 | (asked & 0x0110) | flags | rcode,
                         1, count, 0, 0)
    return header + query[12:end] + records


def alias(owner, target):
    data = wire_name(target)
    return owner + struct.pack("!HHIH", 5, 1, 300, len(data)) + data


def two_aliases(query):
    """Two CNAME records at one owner (RFC 2181, section 10.1), said to be secure."""
    records = b"".join(alias(b"\xc0\x0c", word + question(query)[0]) for word in ("one.", "two."))
    return reply(query, flags=AD, records=records, count=2)


def empty_tlsa(query):
    """A TLSA record without data, said to be secure."""
    record = b"\xc0\x0c" + struct.pack("!HHIH", 52, 1, 300, 3) + b"\3\1\1"
    return reply(query, flags=AD, records=record, count=1)


def many_aliases(query, count):
    """A chain without an end, said to be secure: NAME, 1.NAME, 2.NAME and so on."""
    name = question(query)[0]
    names = [name, *(f"{i}.{name}" for i in range(1, count + 1))]
    records = b"".join(alias(wire_name(owner), target) for owner, target in zip(names, names[1:]))
    return reply(query, flags=AD, records=records, count=count)


def extended(query, rcode):
    """RFC 6891 section 6.1.3: the upper eight bits of the RCODE are in the OPT record."""
    answer = reply(query, rcode & 15, AD)
    opt = b"\0" + struct.pack("!HHBBHH", 41, 1232, rcode >> 4, 0, 0, 0)
    return answer[:10] + b"\0\1" + answer[12:] + opt


def reasoned(query):
    """RFC 8914: SERVFAIL with two extended errors, the text of one is hostile."""
    options = b"".join(struct.pack("!HHH", 15, 2 + len(text), code) + text
                       for code, text in ((22, b""), (9, b"no \x1b[31mkey\xff")))
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(options)) + options
    answer = reply(query, RCODES["SERVFAIL"])
    return answer[:10] + b"\0\1" + answer[12:] + opt


def cut_short(query, records=b"", count=0, options=b""):
    """An answer whose last record says that it is longer than the packet."""
    answer = bytearray(reply(query, records=records, count=count))
    if options:
        answer[10:12] = struct.pack("!H", 1)
        answer += b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(options)) + options
    return bytes(answer)


MALFORMED = {  # what getdns and libunbound must not read behind
    "long-option": lambda query: cut_short(query, options=b"\0\x0f\xff"),
    "long-record": lambda query: cut_short(query, count=1, records=b"\xc0\x0c" + query[
        question(query)[2] - 4:question(query)[2]] + struct.pack("!IH", 300, 0xffff) + b"\3\1\1"),
    "long-name": lambda query: cut_short(query, count=1, records=struct.pack(
        "!HHHIH", 0xc00c, 5, 1, 300, 3) + b"\x3fab"),
}


class Server(asyncio.DatagramProtocol):
    """One address, over UDP and TCP."""

    def __init__(self, upstream, rules):
        self.upstream, self.rules, self.transport = upstream, rules, None
        self.seen = set()  # questions, for "drop-first"
        self.tasks = set()  # the loop alone does not keep them from being collected

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        task = asyncio.get_running_loop().create_task(self.answer_datagram(data, addr))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answer_datagram(self, query, addr):
        answer = await self.answer(query, False)
        if answer is not None:
            self.transport.sendto(answer, addr)

    async def answer(self, query, tcp):
        """The answer to a query; None where there shall be none."""
        name, kind, _ = question(query)
        action = self.rules.get(kind, self.rules.get(name, self.rules.get("*", "relay")))
        if action == "drop-first" and (name, kind) not in self.seen:
            self.seen.add((name, kind))
            return None
        if action == "drop" or (action == "truncate" and tcp):
            return None
        if action == "truncate":
            return reply(query, flags=TC)
        if action == "two-aliases":
            return two_aliases(query)
        if action == "empty-tlsa":
            return empty_tlsa(query)
        if action == "seventeen-aliases":
            return many_aliases(query, 17)
        if action.startswith("RCODE"):
            return extended(query, int(action[5:]))
        if action == "reasons":
            return reasoned(query)
        if action in RCODES:
            return reply(query, RCODES[action])
        if action in MALFORMED:
            return MALFORMED[action](query)
        answer = await relay(query, self.upstream)
        if action == "other-question":
            end = question(query)[2]
            answer = answer[:12] + wire_name("lie." + name) + answer[end - 4:]
        elif action == "other-id":
            answer = bytes([answer[0] ^ 0xff]) + answer[1:]
        elif action == "ttl-beyond":
            answer = answer.replace(b"\x7f\xff\xff\xff", b"\x80\0\0\0")
        elif action == "no-ad":
            answer = answer[:3] + bytes([answer[3] & ~AD]) + answer[4:]
        elif action not in ("relay", "drop-first"):
            raise ValueError(f"unknown DNS action {action}")
        if len(answer) > 1200 and not tcp:
            return reply(query, flags=TC)
        return answer

    async def serve_tcp(self, reader, writer):
        try:
            while True:
                size, = struct.unpack("!H", await reader.readexactly(2))
                answer = await self.answer(await reader.readexactly(size), True)
                if answer is not None:
                    writer.write(struct.pack("!H", len(answer)) + answer)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()


async def relay(query, upstream):
    """Asks over TCP, so that nothing is lost."""
    reader, writer = await asyncio.open_connection(upstream, 53)
    writer.write(struct.pack("!H", len(query)) + query)
    size, = struct.unpack("!H", await reader.readexactly(2))
    answer = await reader.readexactly(size)
    writer.close()
    return answer


async def serve(servers, upstreams):
    """`servers`: address -> rules; their `upstream` names one of `upstreams`."""
    loop = asyncio.get_running_loop()
    listening = []
    for address, rules in servers.items():
        upstream = upstreams[rules.pop("upstream", "nsd")]
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 53))
        transport, server = await loop.create_datagram_endpoint(
            lambda upstream=upstream, rules=rules: Server(upstream, rules), sock=sock)
        listening += [transport, await asyncio.start_server(server.serve_tcp, address, 53)]
    return listening
