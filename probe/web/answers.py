"""What every answer is made with: the headers that bind a browser, JSON, one line for what is wrong, compression.

Names in certificates come from the network. They leave this port as JSON in ASCII, which no browser takes for a page
(`nosniff`), and inside the report, whose template escapes them.

There is no Strict-Transport-Security: it would hold for every port of the host, and for years.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEADERS", "Refusal", "answer", "compressed", "json_answer", "refusal"]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Content-Security-Policy, version 3: the page loads what stands beside it and speaks to nobody else."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Server": "mirrorprobe",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer; the server's version is for those who may read `/api/mirror`."""

_COMPRESSED_FROM = 1024
"""Bytes: less than this goes in one packet anyhow."""

_LEVEL = 4
"""Of gzip: a tenth of the size of metrics; higher levels take twice the time for a few parts of a hundred."""


class Refusal(Exception):
    """A request that is not answered with what it asks for; the text says why in one line."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        """Take the HTTP status, the line, and headers beyond the usual ones."""
        super().__init__(text)
        self.status = status
        self.headers = headers or {}


def answer(
    body: bytes, content_type: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Make an answer that nobody stores, unless the headers say otherwise."""
    given = {"Cache-Control": "no-store", "Content-Type": content_type, **HEADERS, **(headers or {})}
    return web.Response(body=body, status=status, headers=given)


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:  # noqa: ANN401 (whatever JSON can hold)
    """Answer with a value as JSON."""
    return answer(json.dumps(value).encode("ascii"), "application/json; charset=utf-8", status, headers)


def refusal(refused: Refusal) -> web.Response:
    """Answer with the one line that says what is wrong."""
    return json_answer({"error": str(refused)}, refused.status, refused.headers)


def compressed(body: bytes, accepted: str) -> tuple[bytes, dict[str, str]]:
    """Compress a body where that pays and the request allows it; takes milliseconds for a megabyte.

    Args:
        body: what is to be sent.
        accepted: the request's Accept-Encoding header.

    Returns:
        What to send, and the headers that tell of it.
    """
    headers = {"Vary": "Accept, Accept-Encoding"}
    if len(body) < _COMPRESSED_FROM or not _takes_gzip(accepted):
        return body, headers
    return gzip.compress(body, _LEVEL, mtime=0), {**headers, "Content-Encoding": "gzip"}


def _takes_gzip(accepted: str) -> bool:
    """Read Accept-Encoding (RFC 9110 section 12.5.3); a weight of 0 refuses, and so does one that is no number."""
    weights: dict[str, bool] = {}
    for each in accepted.lower().split(","):
        coding, *parameters = (part.strip() for part in each.split(";"))
        weights[coding] = all(_is_positive(parameter) for parameter in parameters)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


def _is_positive(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    try:
        return name.strip() != "q" or 0.0 < float(value) <= 1.0
    except ValueError:
        return False
