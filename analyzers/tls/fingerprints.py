"""Fingerprints of the two hellos, as their authors publish them.

* JA3 and JA3S (Salesforce, https://github.com/salesforce/ja3): MD5 of five and three decimal lists.
* JA4 (FoxIO, https://github.com/FoxIO-LLC/ja4, technical details): counts in clear, then twice the first
twelve
  hexadecimal digits of a SHA-256 over sorted lists.

GREASE is left out of all of them. A client's hellos differ in random and key share only, which no fingerprint
looks at, so results are remembered by what they are made of.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import md5, sha256
from typing import TYPE_CHECKING

from .codepoints import is_grease

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .messages import ClientHello, Extension, ServerHello

__all__ = ["ja3", "ja3s", "ja4"]

_SERVER_NAME, _SIGNATURE_ALGORITHMS, _ALPN = 0, 13, 16
_REMEMBERED = 1024
"""Distinct hellos remembered: more than the TLS stacks that one capture holds."""

_VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2"}


def _decimal(codes: Iterable[int]) -> str:
    return "-".join(str(code) for code in codes if not is_grease(code))


def _types(extensions: tuple[Extension, ...]) -> tuple[int, ...]:
    return tuple([extension.type for extension in extensions])


@lru_cache(maxsize=_REMEMBERED)
def _ja3(
    version: int,
    suites: tuple[int, ...],
    types: tuple[int, ...],
    groups: tuple[int, ...],
    formats: tuple[int, ...],
) -> str:
    point_formats = "-".join(str(code) for code in formats)
    text = f"{version},{_decimal(suites)},{_decimal(types)},{_decimal(groups)},{point_formats}"
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def ja3(hello: ClientHello) -> str:
    """Give the JA3 of a ClientHello in hexadecimal."""
    return _ja3(
        hello.legacy_version, hello.cipher_suites, _types(hello.extensions), hello.groups, hello.point_formats
    )


@lru_cache(maxsize=_REMEMBERED)
def _ja3s(version: int, suite: int, types: tuple[int, ...]) -> str:
    text = f"{version},{suite},{_decimal(types)}"
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def ja3s(hello: ServerHello) -> str:
    """Give the JA3S of a ServerHello in hexadecimal."""
    return _ja3s(hello.legacy_version, hello.cipher_suite, _types(hello.extensions))


def _hexadecimal(codes: Iterable[int]) -> str:
    return ",".join(f"{code:04x}" for code in codes)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12] if text else "0" * 12


def _first_alpn(hello: ClientHello) -> bytes:
    extension = hello.extension(_ALPN)
    if extension is None or not hello.alpn:
        return b""
    return extension.data[3 : 3 + extension.data[2]]


def _alpn_mark(name: bytes) -> str:
    """Give the first and the last character; of the hexadecimal where one of them is not alphanumeric."""
    if not name:
        return "00"
    ends = name[:1] + name[-1:]
    if ends.isalnum():  # For bytes that is ASCII letters and digits.
        return ends.decode()
    text = name.hex()
    return text[0] + text[-1]


@lru_cache(maxsize=_REMEMBERED)
def _ja4(
    version: int, suites: tuple[int, ...], types: tuple[int, ...], schemes: tuple[int, ...], alpn: bytes
) -> str:
    used_suites = sorted(code for code in suites if not is_grease(code))
    used_types = [code for code in types if not is_grease(code)]
    hashed_types = _hexadecimal(sorted(code for code in used_types if code not in (_SERVER_NAME, _ALPN)))
    used_schemes = _hexadecimal(code for code in schemes if not is_grease(code))
    if used_schemes:
        hashed_types += "_" + used_schemes
    return (
        f"t{_VERSIONS.get(version, '00')}{'d' if _SERVER_NAME in types else 'i'}"
        f"{min(len(used_suites), 99):02d}{min(len(used_types), 99):02d}{_alpn_mark(alpn)}"
        f"_{_digest(_hexadecimal(used_suites))}_{_digest(hashed_types)}"
    )


def ja4(hello: ClientHello) -> str:
    """Give the JA4 of a ClientHello that came over TCP."""
    offered = [code for code in hello.supported_versions if not is_grease(code)]
    return _ja4(
        max(offered) if offered else hello.legacy_version,
        hello.cipher_suites,
        _types(hello.extensions),
        hello.signature_schemes,
        _first_alpn(hello),
    )
