"""Certificates that Python's cryptography does not make everywhere: signed with SHA-1, or with
ML-DSA keys. It makes one of another kind, which then gets the key, the algorithm and the signature
that are wanted."""
import subprocess
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vast import der

ECDSA = {"SHA-1": (hashes.SHA1, "06072a8648ce3d0401"),
         None: (hashes.SHA256, "06082a8648ce3d040302")}
ML_DSA = {"ML-DSA-44": 17, "ML-DSA-65": 18, "ML-DSA-87": 19}  # below 2.16.840.1.101.3.4.3


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


class MlDsaKey:
    """What the lab needs of a private key, by OpenSSL 3.5. Another key stands in for it until its
    own is put into the certificate."""

    def __init__(self, kind):
        self.private = openssl("genpkey", "-algorithm", kind)
        self.spki = openssl("pkey", "-pubout", "-outform", "DER", data=self.private)
        self.algorithm = bytes.fromhex("06096086480165030403") + bytes([ML_DSA[kind]])
        self.stand_in = ec.generate_private_key(ec.SECP256R1())

    def public_key(self):
        return self.stand_in.public_key()

    def pem(self):
        return self.private

    def sign(self, data):
        with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as message:
            for file, content in ((key, self.private), (message, data)):
                file.write(content)
                file.flush()
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", key.name, "-in", message.name)


def spki(key):
    """The SubjectPublicKeyInfo as DER."""
    if isinstance(key, MlDsaKey):
        return key.spki
    return key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def signer(key, digest):
    """The algorithm's OID, as DER, and what signs bytes with it."""
    if isinstance(key, MlDsaKey):
        return key.algorithm, key.sign
    function, algorithm = ECDSA[digest]
    return bytes.fromhex(algorithm), lambda data: key.sign(data, ec.ECDSA(function()))


def items(data):
    """The DER items that stand side by side: each as a whole, and its content."""
    at = 0
    while at < len(data):
        size, start = data[at + 1], at + 2
        if size & 0x80:
            start += size & 0x7f
            size = int.from_bytes(data[at + 2:start], "big")
        yield data[at:start + size], data[start:start + size]
        at = start + size


def certificate(builder, key, issuer_key, digest):
    """What the builder describes, with this key, signed by the issuer's; DER."""
    kinds = (key, issuer_key)
    if digest is None and not any(isinstance(kind, MlDsaKey) for kind in kinds):
        return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    other = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    (_, content), = items(other.tbs_certificate_bytes)
    parts = [whole for whole, _ in items(content)]
    oid, sign = signer(issuer_key, digest)
    # RFC 5280 section 4.1: signature, subjectPublicKeyInfo
    parts[2], parts[6] = der(0x30, oid), spki(key)
    tbs = der(0x30, b"".join(parts))
    return der(0x30, tbs + der(0x30, oid) + der(3, b"\0" + sign(tbs)))
