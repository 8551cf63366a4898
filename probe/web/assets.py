"""The files of the live page: a closed list, read from the package once, so no path of a request opens a file."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PAGE", "Asset", "load_assets"]

PAGE = "index.html"
"""The file that `/` gives."""

TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/vnd.microsoft.icon",
    "js": "text/javascript; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
"""By the end of the name; a file of another kind is not served."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page."""

    body: bytes
    content_type: str
    tag: str
    """The entity tag (RFC 9110 section 8.8.3), from the content alone."""

    def is_held(self, held: str) -> bool:
        """Tell whether an If-None-Match header names what this is."""
        tags = [tag.strip().removeprefix("W/") for tag in held.split(",")]
        return self.tag in tags or tags == ["*"]


def load_assets() -> Mapping[str, Asset]:
    """Read every file of the page, by its name."""
    assets: dict[str, Asset] = {}
    for file in files("probe.web").joinpath("static").iterdir():
        content_type = TYPES.get(file.name.rpartition(".")[2])
        if content_type is not None and file.is_file():
            body = file.read_bytes()
            assets[file.name] = Asset(body, content_type, f'"{sha256(body).hexdigest()[:32]}"')
    return assets
