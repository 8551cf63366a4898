"""What single values of `mirrorprobe.toml` may be, each with the words that say so.

A pattern says nothing to an administrator, so none stands in a model: each kind of text has a check of its own.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from analyzers.errors import MalformedName
from analyzers.mirror.definition import DN_CHARACTERS
from analyzers.x509.names import parse_dn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Address",
    "Dialled",
    "DistinguishedName",
    "File",
    "Files",
    "HostName",
    "HostPort",
    "HttpUrl",
    "Interface",
    "Label",
    "MemberName",
    "Name",
    "NatsServer",
    "Port",
    "Seconds",
    "Subject",
    "as_list",
    "split_host_port",
]


def split_host_port(text: str) -> tuple[str, int]:
    """Take `HOST:PORT` or `[IPV6]:PORT` apart.

    Raises:
        ValueError: it is written otherwise, no host can have this name, or the port is not from 0 to 65535.
    """
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or (":" in host and not bracketed) or not (port.isascii() and port.isdigit()):
        raise ValueError(f"{text!r} is not HOST:PORT (an IPv6 address stands in brackets: [::1]:2188)")
    if int(port) > 65535:
        raise ValueError(f"port {port} is not from 0 to 65535")
    host = host[1:-1] if bracketed else host
    try:
        is_possible = host.isprintable() and " " not in host and bool(host.encode("idna"))
    except UnicodeError:
        is_possible = False
    if not is_possible:
        raise ValueError(f"no host can have the name {host!r}")
    return host, int(port)


def _host_port(text: str) -> str:
    split_host_port(text)
    return text


def _dialled(text: str) -> str:
    if split_host_port(text)[1] == 0:
        raise ValueError("port 0 cannot be dialled")
    return text


def _distinguished_name(text: str) -> str:
    if len(text) > DN_CHARACTERS:
        raise ValueError(f"the name has {len(text)} characters, IRIS takes at most {DN_CHARACTERS}")
    try:
        if not parse_dn(text).rdns:
            raise ValueError("the name is empty")
    except MalformedName as error:
        raise ValueError(f"{text!r} is no distinguished name: {error}") from None
    return text


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address (without a port)") from None


def _readable(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"{text!r} has a character that cannot be seen")
    return text


def _file(text: str) -> str:
    if not text:
        raise ValueError("names no file")
    if "\0" in text:
        raise ValueError(f"no file can have the name {text!r}")
    return text


def _written(pattern: str, words: str) -> Callable[[str], str]:
    """Give a check that text is written as `pattern` says; `words` say it to the reader."""
    wanted = re.compile(pattern)

    def check(text: str) -> str:
        if not wanted.fullmatch(text):
            raise ValueError(f"must be {words}, not {text!r}")
        return text

    return check


def _scheme(*schemes: str) -> Callable[[str], str]:
    """Give a check that a URL has one of these schemes, and a host; it is not shown, for it may hold a password."""
    wanted = " or ".join(f"{scheme}://HOST:PORT" for scheme in schemes)

    def check(text: str) -> str:
        scheme, separator, rest = text.partition("://")
        if not separator:
            raise ValueError(f"must be {wanted}, and has no scheme")
        if scheme not in schemes:
            raise ValueError(f"must be {wanted}, and the scheme is {scheme!r}")
        if not rest or not rest.isprintable() or " " in rest:
            raise ValueError(f"must be {wanted}, and what follows the scheme is empty or has a space in it")
        return text

    return check


def as_list(value: object) -> object:
    """Take one value for an array of one."""
    return value if isinstance(value, list) else [value]


HostPort = Annotated[str, AfterValidator(_host_port)]
Dialled = Annotated[str, AfterValidator(_dialled)]
Address = Annotated[str, AfterValidator(_address)]
DistinguishedName = Annotated[str, AfterValidator(_distinguished_name)]
Name = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_readable)]
MemberName = Annotated[str, Field(min_length=1, max_length=32), AfterValidator(_readable)]
Label = Annotated[
    str,
    Field(min_length=1, max_length=64),
    AfterValidator(
        _written("[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, '.', '_' and '-', first a letter or digit")
    ),
]
"""What names a relay, a check or a sink in metrics, identifiers and addresses of the API."""
Interface = Annotated[
    str,
    Field(min_length=1, max_length=64),
    AfterValidator(_written(r"[!-.0-~]+", "the name of an interface, as `ip link` shows it")),
]
HostName = Annotated[str, AfterValidator(_written("[A-Za-z0-9.-]+", "the name of a host, without a port"))]
HttpUrl = Annotated[str, AfterValidator(_scheme("http", "https"))]
NatsServer = Annotated[str, AfterValidator(_scheme("nats", "tls"))]
Subject = Annotated[
    str,
    AfterValidator(
        _written(
            r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", "words of letters, digits, '_' and '-' with dots between"
        )
    ),
]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
File = Annotated[str, AfterValidator(_file)]
Files = Annotated[list[File], BeforeValidator(as_list)]
"""One path, or an array of paths."""
