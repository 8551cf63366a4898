"""What a cipher suite is made of, read from its name in the IANA registry.

The names are regular: `TLS_` key exchange and authentication, `_WITH_`, cipher, hash. So the properties of
all suites follow from the names, and so do the names that OpenSSL gives to those that it has (or had:
releases since 0.9.8 are met in captures).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from . import codepoints
from .keyschedule import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BulkKind", "CipherSuite", "expand", "openssl_name", "parse_suite_name", "suite"]


class BulkKind(StrEnum):
    """How a cipher protects records (RFC 5246 section 6.2.3)."""

    AEAD = "aead"
    BLOCK = "block"
    STREAM = "stream"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class _Bulk:
    """A cipher as the suites name it; lengths in bytes."""

    kind: BulkKind
    key: int
    iv: int = 0
    """What the key schedule gives: the fixed part of an AEAD nonce, or a CBC block."""
    tag: int = 0
    stretched: int = 0
    """What the key becomes, in the ciphers of the export suites."""
    openssl: str | None = None
    """How OpenSSL writes it in the names of suites of TLS 1.2 and older; None where OpenSSL never had it."""


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """A cipher suite's parts, in the words of the IANA registry; lengths in bytes."""

    code: int
    name: str
    key_exchange: str
    """`ECDHE`, `DHE`, `RSA`, `DH`, `ECDH`, `PSK`, `ECDHE_PSK`, `SRP_SHA` and others; `any` in TLS 1.3."""
    authentication: str
    """The kind of the server's certificate (`RSA`, `ECDSA`, `DSS`), or `PSK`, `anon`; `any` in TLS 1.3."""
    encryption: str
    """The cipher, such as `AES_128_GCM`; `NULL` where nothing is encrypted."""
    kind: BulkKind
    mac: str
    """The hash of the record's MAC (`SHA`, `SHA256` ...), `AEAD` where the cipher authenticates."""
    prf_hash: str
    """The hash of the key schedule since TLS 1.2; older versions take MD5 with SHA-1 for every suite."""
    is_tls13: bool
    is_export: bool
    key_bytes: int
    """What the key schedule gives."""
    cipher_key_bytes: int
    """What the cipher takes: more than `key_bytes` in export suites (RFC 2246 section 6.3.1)."""
    iv_bytes: int
    """The part of an AEAD nonce that the key schedule gives, or the block of a CBC cipher."""
    mac_bytes: int
    tag_bytes: int

    @property
    def is_forward_secret(self) -> bool:
        """Whether a certificate's key, once known, opens no earlier session."""
        return self.is_tls13 or self.key_exchange.startswith(("DHE", "ECDHE", "ECCPWD"))

    @property
    def is_anonymous(self) -> bool:
        """Whether the server proves nothing about itself."""
        return self.authentication in ("anon", "NULL")

    @property
    def bits(self) -> int:
        """The effective length of the key; three keys of DES are worth two (NIST SP 800-57 part 1)."""
        return 112 if self.encryption == "3DES_EDE_CBC" else 8 * self.key_bytes


_AEAD, _BLOCK, _STREAM = BulkKind.AEAD, BulkKind.BLOCK, BulkKind.STREAM

_BULKS: dict[str, _Bulk] = {
    "NULL": _Bulk(BulkKind.NULL, 0, openssl="NULL"),
    "RC4_40": _Bulk(_STREAM, 5, stretched=16),
    "RC4_56": _Bulk(_STREAM, 7, stretched=16),
    "RC4_128": _Bulk(_STREAM, 16, openssl="RC4"),
    "RC2_CBC_40": _Bulk(_BLOCK, 5, 8, stretched=16),
    "RC2_CBC_56": _Bulk(_BLOCK, 7, 8, stretched=16),
    "DES40_CBC": _Bulk(_BLOCK, 5, 8, stretched=8),
    "DES_CBC_40": _Bulk(_BLOCK, 5, 8, stretched=8),
    "DES_CBC": _Bulk(_BLOCK, 8, 8, openssl="DES-CBC"),
    "3DES_EDE_CBC": _Bulk(_BLOCK, 24, 8, openssl="DES-CBC3"),
    "IDEA_CBC": _Bulk(_BLOCK, 16, 8, openssl="IDEA-CBC"),
    "SEED_CBC": _Bulk(_BLOCK, 16, 16, openssl="SEED"),
    "AES_128_CBC": _Bulk(_BLOCK, 16, 16, openssl="AES128"),
    "AES_256_CBC": _Bulk(_BLOCK, 32, 16, openssl="AES256"),
    "CAMELLIA_128_CBC": _Bulk(_BLOCK, 16, 16, openssl="CAMELLIA128"),
    "CAMELLIA_256_CBC": _Bulk(_BLOCK, 32, 16, openssl="CAMELLIA256"),
    "ARIA_128_CBC": _Bulk(_BLOCK, 16, 16),
    "ARIA_256_CBC": _Bulk(_BLOCK, 32, 16),
    "AES_128_GCM": _Bulk(_AEAD, 16, 4, 16, openssl="AES128-GCM"),
    "AES_256_GCM": _Bulk(_AEAD, 32, 4, 16, openssl="AES256-GCM"),
    "AES_128_CCM": _Bulk(_AEAD, 16, 4, 16, openssl="AES128-CCM"),
    "AES_256_CCM": _Bulk(_AEAD, 32, 4, 16, openssl="AES256-CCM"),
    "AES_128_CCM_8": _Bulk(_AEAD, 16, 4, 8, openssl="AES128-CCM8"),
    "AES_256_CCM_8": _Bulk(_AEAD, 32, 4, 8, openssl="AES256-CCM8"),
    "ARIA_128_GCM": _Bulk(_AEAD, 16, 4, 16, openssl="ARIA128-GCM"),
    "ARIA_256_GCM": _Bulk(_AEAD, 32, 4, 16, openssl="ARIA256-GCM"),
    "CAMELLIA_128_GCM": _Bulk(_AEAD, 16, 4, 16),
    "CAMELLIA_256_GCM": _Bulk(_AEAD, 32, 4, 16),
    "CHACHA20_POLY1305": _Bulk(_AEAD, 32, 12, 16, openssl="CHACHA20-POLY1305"),
    "SM4_GCM": _Bulk(_AEAD, 16, 4, 16),
    "SM4_CCM": _Bulk(_AEAD, 16, 4, 16),
    "AEGIS_128L": _Bulk(_AEAD, 16, 16, 16),
    "AEGIS_256": _Bulk(_AEAD, 32, 32, 16),
    "28147_CNT": _Bulk(_STREAM, 32, 8),
    "MAGMA_CTR": _Bulk(_STREAM, 32, 4),
    "KUZNYECHIK_CTR": _Bulk(_STREAM, 32, 8),
    "MAGMA_MGM_L": _Bulk(_AEAD, 32, 8, 8),
    "MAGMA_MGM_S": _Bulk(_AEAD, 32, 8, 8),
    "KUZNYECHIK_MGM_L": _Bulk(_AEAD, 32, 16, 16),
    "KUZNYECHIK_MGM_S": _Bulk(_AEAD, 32, 16, 16),
}

_TLS12_SALT_BYTES = 4
_TLS13_NONCE_BYTES = 12

_KEY_EXCHANGES: dict[str, tuple[str, str, str | None]] = {
    "NULL": ("NULL", "NULL", None),
    "RSA": ("RSA", "RSA", ""),
    "DH_DSS": ("DH", "DSS", "DH-DSS-"),
    "DH_RSA": ("DH", "RSA", "DH-RSA-"),
    "DHE_DSS": ("DHE", "DSS", "DHE-DSS-"),
    "DHE_RSA": ("DHE", "RSA", "DHE-RSA-"),
    "DH_anon": ("DHE", "anon", "ADH-"),
    "ECDH_ECDSA": ("ECDH", "ECDSA", "ECDH-ECDSA-"),
    "ECDH_RSA": ("ECDH", "RSA", "ECDH-RSA-"),
    "ECDHE_ECDSA": ("ECDHE", "ECDSA", "ECDHE-ECDSA-"),
    "ECDHE_RSA": ("ECDHE", "RSA", "ECDHE-RSA-"),
    "ECDH_anon": ("ECDHE", "anon", "AECDH-"),
    "KRB5": ("KRB5", "KRB5", "KRB5-"),
    "PSK": ("PSK", "PSK", "PSK-"),
    "DHE_PSK": ("DHE_PSK", "PSK", "DHE-PSK-"),
    "PSK_DHE": ("DHE_PSK", "PSK", "DHE-PSK-"),  # RFC 6655 turned the words round in two suites.
    "RSA_PSK": ("RSA_PSK", "RSA", "RSA-PSK-"),
    "ECDHE_PSK": ("ECDHE_PSK", "PSK", "ECDHE-PSK-"),
    "SRP_SHA": ("SRP_SHA", "SRP", "SRP-"),
    "SRP_SHA_RSA": ("SRP_SHA", "RSA", "SRP-RSA-"),
    "SRP_SHA_DSS": ("SRP_SHA", "DSS", "SRP-DSS-"),
    "ECCPWD": ("ECCPWD", "ECCPWD", None),
    "GOSTR341112_256": ("GOSTR341112_256", "GOST", None),
}
"""Key exchange, authentication, and OpenSSL's prefix, by the first half of the name."""


def _split_name(name: str) -> tuple[str, str, str]:
    """Give key exchange, cipher and hash of an IANA name; the hash is empty where the name has none."""
    exchange, with_, rest = name.removeprefix("TLS_").partition("_WITH_")
    if not with_:
        exchange, rest = "", exchange
    if rest in _BULKS:
        return exchange, rest, ""
    cipher, _, hash_name = rest.rpartition("_")
    if not with_ and cipher == hash_name:  # TLS_SHA256_SHA256 (RFC 9150): integrity only.
        cipher = "NULL"
    return exchange, cipher, hash_name


def _prf_hash(exchange: str, hash_name: str) -> str:
    if exchange.startswith("GOST"):
        return "STREEBOG_256"  # RFC 9189 section 4, RFC 9367 section 4.
    if hash_name in ("SHA384", "SHA512", "SM3"):
        return hash_name
    return "SHA256"  # RFC 5246 section 5: the suites older than TLS 1.2 among them.


def parse_suite_name(code: int, name: str) -> CipherSuite | None:
    """Read a suite's properties from its IANA `name`; None for signalling values and unknown ciphers."""
    exchange, cipher, hash_name = _split_name(name)
    exchange, has_export, _ = exchange.partition("_EXPORT")
    bulk = _BULKS.get(cipher)
    if bulk is None or (exchange and exchange not in _KEY_EXCHANGES):
        return None
    is_tls13 = not exchange or "_MGM_" in name
    key_exchange, authentication = ("any", "any") if is_tls13 else _KEY_EXCHANGES[exchange][:2]
    is_aead = bulk.kind is BulkKind.AEAD
    return CipherSuite(
        code=code,
        name=name,
        key_exchange=key_exchange,
        authentication=authentication,
        encryption=cipher,
        kind=bulk.kind,
        mac="AEAD" if is_aead else hash_name,
        prf_hash=_prf_hash(exchange, hash_name),
        is_tls13=is_tls13,
        is_export=has_export == "_EXPORT",
        key_bytes=bulk.key,
        cipher_key_bytes=bulk.stretched or bulk.key,
        iv_bytes=_TLS13_NONCE_BYTES if is_tls13 and bulk.iv == _TLS12_SALT_BYTES else bulk.iv,
        mac_bytes=0 if is_aead else DIGEST_BYTES.get(hash_name, 0),
        tag_bytes=bulk.tag,
    )


@lru_cache(maxsize=1024)
def suite(code: int) -> CipherSuite | None:
    """Give a suite's properties; None for GREASE, signalling values, and what is not in the registry."""
    name = codepoints.CIPHER_SUITES.get(code)
    return None if name is None else parse_suite_name(code, name)


def _openssl_cipher(exchange: str, cipher: str, openssl: str) -> str:
    """Give OpenSSL's word for a cipher, which for PSK and SRP follows the IANA name more closely."""
    if exchange.startswith("SRP"):
        return cipher.replace("_", "-")
    if "PSK" in exchange:
        if cipher.startswith("AES") and cipher.endswith("_CBC"):
            return f"{openssl}-CBC"
        if cipher == "3DES_EDE_CBC":
            return "3DES-EDE-CBC"
    return openssl


@lru_cache(maxsize=1024)
def openssl_name(code: int) -> str | None:
    """Give OpenSSL's name of a suite; None where no release has it, and for the export suites."""
    properties = suite(code)
    if properties is None:
        return None
    if properties.is_tls13:
        return properties.name if code >> 8 == 0x13 else None
    exchange, cipher, hash_name = _split_name(properties.name)
    prefix = _KEY_EXCHANGES[exchange.partition("_EXPORT")[0]][2]
    openssl = _BULKS[cipher].openssl
    if prefix is None or openssl is None or properties.is_export:
        return None
    if exchange == "ECDHE_PSK" and cipher.startswith("AES") and not cipher.endswith("CBC"):
        return None  # RFC 8442 came to no release.
    if exchange == "ECDHE_RSA" and cipher.startswith("ARIA"):
        prefix = "ECDHE-"
    name = prefix + _openssl_cipher(exchange, cipher, openssl)
    has_hash = hash_name and not cipher.startswith("CHACHA20")
    return f"{name}-{hash_name}" if has_hash else name


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, int]:
    codes: dict[str, int] = {}
    for code, name in codepoints.CIPHER_SUITES.items():
        codes[name] = code
        openssl = openssl_name(code)
        if openssl is not None:
            codes[openssl] = code
            codes.setdefault(
                openssl.replace("DHE-", "EDH-", 1), code
            )  # The spelling of OpenSSL 1.0 for its 3DES suites.
    return codes


def expand(names: Iterable[str]) -> tuple[int, ...]:
    """Give the code points of suites named as IANA or as OpenSSL does, in the same order, each once.

    Raises:
        ValueError: some of the names are neither; the text lists them all.
    """
    known = _codes_by_name()
    wanted = tuple(name.strip() for name in names)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ValueError(f"unknown cipher suites: {', '.join(unknown)}")
    return tuple(dict.fromkeys(known[name] for name in wanted))
