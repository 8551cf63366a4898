"""More TLS stacks than CI installs: Botan, BearSSL, Erlang/OTP, Bouncy Castle, rustls, Haskell's tls.

No member of a mirror runs on them. They show whether verdicts hold for stacks of which nothing is assumed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from foreign_stacks import SOURCES, Peer, Stack, program

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FURTHER", "TLS_1_2_ONLY"]

TLS_1_2_ONLY = frozenset({"botan", "bearssl"})
"""Those that know no TLS 1.3 in Debian's version."""

_JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("bctls", "bcprov", "bcutil", "bcpkix"))

_CRATES = ("source.crates-io.replace-with='debian'", "source.debian.directory='/usr/share/cargo/registry'")
"""Debian's packages in place of the registry."""


def _package(name: str) -> tuple[str, ...]:
    return ("dpkg-query", "-W", "-f", "${Version}", name)


def _in_rust() -> Peer:
    target = program("rustls")
    settings = [word for setting in _CRATES for word in ("--config", setting)]
    manifest = str(SOURCES / "rustls" / "Cargo.toml")
    return Peer(
        "rustls",
        "rustls",
        version=_package("librust-rustls-dev"),
        start=(str(Path(target) / "release" / "peer"),),
        build=(
            *("cargo", "build", "--offline", "--release", "--manifest-path", manifest),
            *("--target-dir", target, *settings),
        ),
    )


FURTHER: Mapping[str, Stack] = {
    stack.name: stack
    for stack in (
        Peer(
            "botan",
            "Botan",
            version=_package("libbotan-2-dev"),
            start=(program("botan"),),
            build=(
                *("g++", "-O1", "-std=c++17", "-I/usr/include/botan-2", "-o", program("botan")),
                *(str(SOURCES / "peer_botan.cpp"), "-lbotan-2"),
            ),
        ),
        Peer(
            "bearssl",
            "BearSSL",
            version=_package("libbearssl-dev"),
            start=(program("bearssl"),),
            build=(
                "gcc",
                "-O1",
                "-o",
                program("bearssl"),
                str(SOURCES / "peer_bearssl.c"),
                "-lbearssl",
            ),
        ),
        Peer(
            "erlang",
            "Erlang/OTP",
            version=_package("erlang-ssl"),
            start=("escript", str(SOURCES / "peer_erlang.escript")),
        ),
        Peer(
            "bouncy-castle",
            "Bouncy Castle",
            version=_package("libbctls-java"),
            start=("java", "-cp", _JARS, str(SOURCES / "BouncyPeer.java")),
        ),
        _in_rust(),
        Peer(
            "haskell",
            "Haskell tls",
            version=_package("libghc-tls-dev"),
            start=(program("haskell"),),
            build=(
                *("ghc", "-O0", "-outputdir", program("haskell-objects"), "-o", program("haskell")),
                str(SOURCES / "peer.hs"),
            ),
        ),
    )
}
"""By name."""
