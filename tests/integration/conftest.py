"""The real stacks, and the members that they play."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probe.lab.authority import Authority
from probe.lab.cast import Cast
from probe.lab.faults import FAULTS
from tests.integration.members import Members
from tests.integration.playing import Play
from tests.integration.stacks.gnutls import GnuTLS
from tests.integration.stacks.intersystems import InterSystems
from tests.integration.stacks.java import Java, compile_peer
from tests.integration.stacks.openssl import OpenSSL
from tests.integration.stacks.python import Python

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.stacks.stack import Answering, Dialling


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The lab's issuing authority."""
    return Authority.create()


@pytest.fixture(scope="session")
def stack(
    require_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Dialling | Answering]:
    """Gives a stack by its name; JSSE's peer is compiled when it is first asked for."""
    made: dict[str, Dialling | Answering] = {}

    def make(name: str) -> Dialling | Answering:
        if name == "openssl":
            return OpenSSL(require_program("openssl"))
        if name == "gnutls":
            return GnuTLS(require_program("gnutls-cli"), require_program("gnutls-serv"))
        if name == "java":
            classes = compile_peer(require_program("javac"), tmp_path_factory.mktemp("java"))
            return Java(require_program("java"), classes)
        return InterSystems() if name == "intersystems" else Python()

    def give(name: str) -> Dialling | Answering:
        if name not in made:
            made[name] = make(name)
        return made[name]

    return give


@pytest.fixture
def members(authority: Authority, tmp_path: Path) -> Members:
    """Two healthy members."""
    return Members(authority, tmp_path)


@pytest.fixture
def play(
    stack: Callable[[str], Dialling | Answering], authority: Authority, tmp_path: Path
) -> Callable[[str, str, str | None], Play]:
    """Gives a play of two stacks by name, with a fault or without."""
    healthy = Cast.healthy(authority)

    def make(client: str, server: str, fault: str | None) -> Play:
        cast = FAULTS[fault].arrange(healthy) if fault else healthy
        return Play(stack(client), stack(server), cast, healthy, tmp_path)  # type: ignore[arg-type]

    return make
