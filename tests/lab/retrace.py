"""The trace, without colour, made of nothing but an object of --format json: so the object has all
that the trace knows, and with -v all that -v adds."""
ARROWS = {"sent": ">", "received": "<", "event": "*"}


class Retrace:
    """One object. What -v adds is left out unless it is wanted."""

    def __init__(self, item, verbose):
        self.item, self.verbose = item, verbose

    def lines(self):
        item = self.item
        if item["domain"] is None:
            yield f"{item['input']} IN MX ? ; AD=0 Invalid"
        for lookup in item["lookups"]:
            yield from self.lookup(lookup)
        if item["nsec3param"]:
            yield from self.findings(lookup=item["nsec3param"])
        yield from excess(item)
        for host in item["hosts"]:
            yield from self.host(host)
        for finding in item["findings"]:
            if finding["id"] == "nothing-probed":
                yield f"  ; {finding['sentence']}"
        yield from self.findings()

    def findings(self, host=None, lookup=None, address=None):
        """An address's findings have their look-up too, which they do not stand below."""
        for finding in self.item["findings"] if self.verbose else []:
            if finding["host"] != (host and host["name"]) or finding["address"] != address:
                continue
            if address is None and finding["lookup"] != (lookup and {
                    "name": lookup["name"], "type": lookup["type"]}):
                continue
            source = ", ".join(filter(None, (finding["id"], finding["rfc"])))
            yield f"  ; {finding['severity']}: {finding['sentence']} [{source}]"

    def lookup(self, lookup, host=None):
        for alias in lookup["aliases"]:
            yield f"{alias['owner']} IN CNAME {alias['target']} ; AD={alias['ad']:d} NoError"
        for rdata in [record["text"] for record in lookup["records"]] or ["?"]:
            yield f"{lookup['owner']} IN {lookup['type']} {rdata} ; AD={lookup['ad']:d} {lookup['status']}"
        yield from excess(lookup)
        if self.verbose:
            yield from lookup_details(lookup)
        yield from self.findings(host, lookup)

    def host(self, host):
        a, aaaa, tlsa = host["a"], host["aaaa"], host["tlsa"]
        yield from self.lookup(a, host)
        if aaaa and not (a["ad"] and a["status"] == "NXDomain"):
            yield from self.lookup(aaaa, host)
        yield from excess(host)
        if tlsa:
            yield from self.lookup(tlsa, host)
        elif host["probed"]:
            yield f"_{host['port']}._tcp.{host['base']} IN TLSA ? ; AD=0 NODATA"
        for address in host["addresses"]:
            if address["transport"]["result"] != "untried":
                yield from self.address(address, host)
        yield from self.findings(host)

    def address(self, address, host):
        subject = f"  {host['base'].rstrip('.')}[{address['address']}]: "
        yield subject + address["verdict"]["text"]
        yield from excess(address["transport"])
        after = address["ehlo_after_tls"]
        if after and after["result"] != "ok":
            yield subject + after["text"]
            yield from excess(after)
        if self.verbose:
            yield from dialogue(address)
        yield from self.findings(host, address=address["address"])
        if address["tls"]:
            yield from self.tls(address["tls"])

    def tls(self, tls):
        leaf = tls["chain"][0]
        group = f",{tls['group']}" if tls["group"] else ""
        yield f"    TLS = {tls['version']} with {tls['cipher']}{group},{leaf['key']}"
        common = [leaf["subject_cn"], *leaf["more_subject_cns"]] if leaf["subject_cn"] is not None else []
        for name in leaf["names"] or common:
            yield f"    name = {name}"
        for certificate in tls["chain"]:
            if certificate["depth"] is not None:
                yield f"    depth = {certificate['depth']}"
            elif self.verbose:
                yield "    belongs to no path"
            else:
                break
            yield from certificate_lines(certificate)


def excess(thing):
    if thing["excess"]:
        yield f"  ; {thing['excess']}"


def lookup_details(lookup):
    if lookup["server"]:
        ttl = f"TTL {lookup['records'][0]['ttl']}, " if lookup["records"] else ""
        tries = f"{lookup['tries']} {'try' if lookup['tries'] == 1 else 'tries'}"
        yield (f"  ; {lookup['type']} {lookup['name']}: {ttl}{lookup['milliseconds']} ms, {tries}, "
               f"{lookup['server']}")
    if lookup["reason"]:
        yield f"  ; {lookup['reason']}"
    for error in lookup["ede"]:
        yield f"  ; EDE {error['code']}" + (f": {error['text']}" if error["text"] else "")


def dialogue(address):
    for line in address["dialogue"]:
        yield f"    {line['milliseconds']:6} ms {ARROWS[line['direction']]} {line['text']}"
    for reason in (address["transport"]["reason"], address["verdict"]["reason"]):
        if reason:
            yield f"    reason: {reason}"


def certificate_lines(certificate):
    for label, key in [("Issuer CommonName", "issuer_cn"), ("Issuer Organization", "issuer_org")]:
        yield from field(label, certificate[key])
    yield from field("notBefore", certificate["not_before"] or "malformed")
    yield from field("notAfter", certificate["not_after"] or "malformed")
    for label, key in [("Subject CommonName", "subject_cn"), ("Subject Organization", "subject_org")]:
        yield from field(label, certificate[key])
    for digest in certificate["digests"]:
        if digest["shown"]:
            yield mark(digest)


def field(label, value):
    if value is not None:
        yield f"      {label} = {value}"


def mark(digest):
    data = digest["data"]
    if digest["mtype"] == 0 and len(data) >= 28:
        data = f"{data[:12]}...{data[-12:]}"
    return (f"      {digest['label']} [{'matched' if digest['matched'] else 'nomatch'}] <- "
            f"{digest['usage']} {digest['selector']} {digest['mtype']} {data}")
