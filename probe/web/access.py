"""Who may ask: by the name in the Host header, and by the bearer token.

DNS rebinding. A page of a stranger can let its own name resolve to 127.0.0.1 once it is loaded; to the browser, this
port is then of the page's own origin, and its scripts may read all that is here. What they cannot change is the Host
header, which holds the stranger's name. So a port on a loopback address answers to the names of this machine alone,
and to the one that the configuration listens on. A port on another address is called by names that nobody told us,
and everyone on that network can reach it without any trick: there the token protects it, and TLS, under which the
stranger's name fits no certificate.

The token. What is compared are two digests of the same length, in constant time. Guesses are not slowed down: the
shortest token that the configuration takes has 16 characters.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from ipaddress import ip_address
from typing import TYPE_CHECKING

from .answers import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Access"]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]/@\s]+)(?::[0-9]{1,5})?")
"""uri-host and port (RFC 9110 section 7.2). The port is not compared: a tunnel may have another at its other end."""

_CHALLENGE = 'Bearer realm="mirrorprobe"'


class Access:
    """The rules of one port."""

    def __init__(self, bound: str, configured: str, token: bytes | None, hosts: Sequence[str] = ()) -> None:
        """Know where the port is.

        Args:
            bound: the address that it is bound to.
            configured: the name or address that the configuration gives.
            token: what requests for data must show; None: nothing.
            hosts: further names that a loopback port answers to, for a reverse proxy before it.
        """
        own = f"[{configured}]" if ":" in configured else configured
        is_loopback = ip_address(bound).is_loopback
        self._hosts = LOOPBACK_NAMES | {own.lower(), *map(str.lower, hosts)} if is_loopback else None
        self._token = None if token is None else sha256(token).digest()

    def check_host(self, hosts: Sequence[str], *, is_required: bool) -> None:
        """Let a request pass by its Host headers.

        Args:
            hosts: their values.
            is_required: whether there must be one, as in HTTP/1.1.

        Raises:
            Refusal: 400 where there is none or more than one; 421 where it is not ours.
        """
        if not hosts and not is_required:
            return
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if found is None:
            raise Refusal(400, "the request has no Host header, or a bad one")
        if self._hosts is not None and found[1].lower().removesuffix(".") not in self._hosts:
            raise Refusal(421, "this port answers to localhost only, for it listens on a loopback address")

    def check_token(self, authorization: str | None) -> None:
        """Let a request for data pass by its Authorization header (RFC 6750 section 2.1).

        Raises:
            Refusal: 401 where the token is missing or wrong.
        """
        if self._token is None:
            return
        if authorization is None:
            raise Refusal(401, "a bearer token is needed", {"WWW-Authenticate": _CHALLENGE})
        scheme, _, shown = authorization.partition(" ")
        digest = sha256(shown.strip().encode("utf-8", "surrogateescape")).digest()
        if scheme.lower() != "bearer" or not hmac.compare_digest(digest, self._token):
            challenge = f'{_CHALLENGE}, error="invalid_token"'
            raise Refusal(401, "the bearer token is wrong", {"WWW-Authenticate": challenge})
