"""RSA keys of 16,384 bits in a second: the modulus is the product of many small primes, in five
factors, as many as OpenSSL takes. Of no use to anybody but a server that means no good."""
import base64
import math
import random

from cryptography.hazmat.primitives.asymmetric import rsa

BITS, FACTORS, EXPONENT = 16384, 5, 65537


def is_prime(number):
    """Fermat's test: enough for a key that must work by chance only."""
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5))


def make_prime(least, bound):
    while True:
        number = random.randrange(least, bound) | 1
        if math.gcd(number - 1, EXPONENT) == 1 and is_prime(number):
            return number


def make_primes():
    """Different ones, whose product has exactly so many bits."""
    primes = set()
    while (product := math.prod(primes)).bit_length() < BITS - 128:
        primes.add(make_prime(1 << 63, 1 << 64))
    primes.add(make_prime((1 << BITS - 1) // product + 1, (1 << BITS) // product))
    return list(primes)


def der(tag, content):
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


def sequence(numbers):
    """Of INTEGERs, and of what is DER already."""
    return der(0x30, b"".join(
        item if isinstance(item, bytes) else
        der(2, item.to_bytes(item.bit_length() // 8 + 1, "big")) for item in numbers))


class Key:
    """What the lab needs of a private key."""

    def __init__(self):
        primes = make_primes()
        parts = [primes[i::FACTORS] for i in range(FACTORS)]
        self.factors = list(map(math.prod, parts))
        self.orders = [math.lcm(*(prime - 1 for prime in part)) for part in parts]
        self.modulus = math.prod(primes)

    def public_key(self):
        return rsa.RSAPublicNumbers(EXPONENT, self.modulus).public_key()

    def pem(self):
        """RFC 8017, appendix A.1.2: a key of several primes."""
        factors, secret = self.factors, pow(EXPONENT, -1, math.lcm(*self.orders))
        exponents = [secret % order for order in self.orders]
        others = [sequence([factors[i], exponents[i], pow(math.prod(factors[:i]), -1, factors[i])])
                  for i in range(2, FACTORS)]
        text = base64.encodebytes(sequence([
            1, self.modulus, EXPONENT, secret, *factors[:2], *exponents[:2],
            pow(factors[1], -1, factors[0]), der(0x30, b"".join(others))]))
        return b"-----BEGIN RSA PRIVATE KEY-----\n" + text + b"-----END RSA PRIVATE KEY-----\n"
