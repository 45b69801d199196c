"""Certificates of the lab: made when it starts, described by a case's [certs.NAME] tables."""
import base64
import datetime
import hashlib
import ssl
import unicodedata
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

import signing
import vast
import versions

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)


def make_key(kind):
    """A private key: "EC-P256", "RSA-<bits>" or "ML-DSA-<set>"."""
    if kind == "RSA-16384":
        return vast.Key()
    if kind in signing.ML_DSA:
        return signing.MlDsaKey(kind)
    if kind.startswith("RSA-"):
        return rsa.generate_private_key(65537, int(kind[4:]))
    return ec.generate_private_key(ec.SECP256R1())


def key_usage(words):
    """Those of `digital_signature`, `key_encipherment`, `key_cert_sign`... that are given."""
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{word: word in words for word in every}), True


def extended_usage(oids):
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in oids]), False


def subject_id(text):
    return x509.SubjectKeyIdentifier(bytes.fromhex(text)), False


def authority_id(spec):
    """A key identifier as hex, or the common name of an issuer and a serial number."""
    if isinstance(spec, str):
        return x509.AuthorityKeyIdentifier(bytes.fromhex(spec), None, None), False
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, spec["cn"])])
    return x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(name)], spec["serial"]), False


def unknown(oid):
    """A critical extension that nobody knows."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00"), True


class Certificate:
    """One certificate, its key, and what the trace says of it."""

    def __init__(self, spec, issuer, key=None):
        self.kind = spec.get("key", "EC-P256")
        self.key = key or make_key(self.kind)
        self.cn, self.org = spec.get("cn"), spec.get("org")
        self.more_cns = spec.get("more_cns", [])
        self.names = spec.get("names", []) + [f"n{i}.x" for i in range(spec.get("more_names", 0))]
        first, last = spec.get("days", [-2, 90])
        self.not_before = spec.get("not_before", NOW + datetime.timedelta(days=first))
        self.not_after = spec.get("not_after", NOW + datetime.timedelta(days=last))
        self.issuer = issuer or self
        self.der = signing.certificate(self.builder(spec), self.key, self.issuer.key,
                                       spec.get("digest"))

    def subject(self):
        fields = [(NameOID.ORGANIZATION_NAME, self.org), (NameOID.COMMON_NAME, self.cn)]
        fields += [(NameOID.COMMON_NAME, text) for text in self.more_cns]
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in fields if text])

    def builder(self, spec):
        builder = (x509.CertificateBuilder().subject_name(self.subject())
                   .issuer_name(self.issuer.subject()).public_key(self.key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(self.not_before).not_valid_after(self.not_after))
        builder = builder.add_extension(
            x509.BasicConstraints(ca=spec.get("ca", False), path_length=spec.get("path_length")),
            critical=True)
        if "raw_names" in spec:
            builder = builder.add_extension(x509.UnrecognizedExtension(
                ExtensionOID.SUBJECT_ALTERNATIVE_NAME, bytes.fromhex(spec["raw_names"])), False)
        if self.names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in self.names]), False)
        if "permitted" in spec:
            builder = builder.add_extension(x509.NameConstraints(
                [x509.DNSName(name) for name in spec["permitted"]], None), True)
        if "excluded" in spec:
            builder = builder.add_extension(x509.NameConstraints(
                None, [x509.DNSName(name) for name in spec["excluded"]]), True)
        if "policies" in spec:
            builder = builder.add_extension(x509.CertificatePolicies(
                [x509.PolicyInformation(x509.ObjectIdentifier(oid), None)
                 for oid in spec["policies"]]), False)
        for field, extension in (("usage", key_usage), ("purposes", extended_usage),
                                 ("key_id", subject_id), ("issuer_id", authority_id),
                                 ("critical", unknown)):
            if field in spec:
                builder = builder.add_extension(*extension(spec[field]))
        if "padding" in spec:
            builder = builder.add_extension(x509.UnrecognizedExtension(
                x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), bytes(spec["padding"])), False)
        return builder

    def data(self, selector, mtype):
        """What a TLSA record of this selector and matching type holds, as hex."""
        der = signing.spki(self.key) if selector else self.der
        if mtype == 0:
            return der.hex()
        return hashlib.new({1: "sha256", 2: "sha512"}[mtype], der).hexdigest()

    def pem(self):
        return ssl.DER_cert_to_PEM_cert(self.der).encode()

    def key_pem(self):
        if isinstance(self.key, (vast.Key, signing.MlDsaKey)):
            return self.key.pem()
        return self.key.private_bytes(serialization.Encoding.PEM,
                                      serialization.PrivateFormat.TraditionalOpenSSL,
                                      serialization.NoEncryption())


MARKS = [("cert sha256", 0, 1), ("pkey sha256", 1, 1), ("cert sha512", 0, 2),
         ("pkey sha512", 1, 2), ("full cert", 0, 0), ("full spki", 1, 0)]


def stolen_key_pem(certificate, other):
    """The key of another under the public key of a certificate: it loads, and signs nothing that
    anybody can verify."""
    secret = other.key.private_numbers().private_value.to_bytes(32, "big")
    public = certificate.key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    p256 = bytes.fromhex("06082a8648ce3d030107")
    text = base64.encodebytes(vast.sequence([
        1, vast.der(4, secret), vast.der(0xa0, p256), vast.der(0xa1, vast.der(3, b"\0" + public))]))
    return b"-----BEGIN EC PRIVATE KEY-----\n" + text + b"-----END EC PRIVATE KEY-----\n"


def shorten(text, mtype):
    return text if mtype or len(text) < 28 else f"{text[:12]}...{text[-12:]}"


def escape(text):
    """Controls and what shows nothing, but for the joiners that names may have, byte for byte."""
    hidden = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")} - set("\u200c\u200d")
    return "".join("".join(f"\\x{byte:02x}" for byte in c.encode()) if c in hidden else c for c in text)


def trace_certificate(cert, depth, tlsa):
    """The lines of one depth, without its head, worked out independently of the program."""
    stamp, lines = "%Y-%m-%dT%H:%M:%SZ", []
    fields = [("Issuer CommonName", cert.issuer.cn), ("Issuer Organization", cert.issuer.org),
              ("notBefore", cert.not_before.strftime(stamp)),
              ("notAfter", cert.not_after.strftime(stamp)),
              ("Subject CommonName", cert.cn), ("Subject Organization", cert.org)]
    lines += [f"      {label} = {escape(text)}" for label, text in fields if text]
    usage = 2 if depth else 3
    for label, selector, mtype in MARKS:
        shown = label == "pkey sha256" or any(r[1:3] == (selector, mtype) for r in tlsa)
        if shown:
            own = cert.data(selector, mtype)
            mark = "matched" if (usage, selector, mtype, own) in tlsa else "nomatch"
            lines.append(f"      {label} [{mark}] <- {usage} {selector} {mtype} "
                         f"{shorten(own, mtype)}")
    return lines


def trace_tls(path, strays, tlsa, parameters=None):
    """Everything below an address's verdict line."""
    leaf = path[0]
    parameters = parameters or f"TLS13 with TLS_AES_256_GCM_SHA384,{versions.group()}"
    lines = [f"    TLS = {parameters},{leaf.kind}"]
    common = [leaf.cn, *leaf.more_cns] if leaf.cn else []
    lines += [f"    name = {escape(name)}" for name in leaf.names or common]
    for depth, cert in enumerate([*path, *strays]):
        head = f"depth = {depth}" if depth < len(path) else "belongs to no path"
        lines += [f"    {head}", *trace_certificate(cert, depth, tlsa)]
    return "\n".join(lines)
