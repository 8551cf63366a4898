"""What the tests of checks share: the lab's members, and questions in their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Endpoint
from analyzers.mirror.definition import Member, Mirror, Policy, Role
from analyzers.x509.certificate import load_pem_certificates
from probe.checks.asking import Question
from probe.engine.suites import expand_cipher_suites
from probe.identity import load_identity
from probe.lab.authority import Authority
from probe.lab.cast import Cast
from probe.lab.configuration import POLICY_SUITES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probe.identity import Identity
    from probe.lab.ends import End

DEADLINE_SECONDS = 5.0


@pytest.fixture(scope="session")
def authority() -> Authority:
    """The lab's issuing authority."""
    return Authority.create()


@pytest.fixture(scope="session")
def cast(authority: Authority) -> Cast:
    """IRISA that dials and IRISB that answers, both faultless."""
    return Cast.healthy(authority)


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[End], Identity | None]:
    """Gives the identity of an end of the lab as the probe loads it."""

    def load(end: End) -> Identity | None:
        if end.identity is None:
            return None
        files = end.identity.write(tmp_path / end.name)
        return load_identity(files.certificate, files.key, None)

    return load


@pytest.fixture
def question(
    cast: Cast, loaded: Callable[[End], Identity | None]
) -> Callable[[Endpoint | tuple[str, int] | int], Question]:
    """Gives the question of healthy IRISA to a server, or of the client of another cast."""

    def ask(target: Endpoint | tuple[str, int] | int, played: Cast = cast) -> Question:
        if not isinstance(target, Endpoint):
            target = Endpoint("127.0.0.1", target) if isinstance(target, int) else Endpoint(*target)
        client = played.client
        versions = client.minimum_version, client.maximum_version
        return Question(target, loaded(client), mirror_of(cast, client), DEADLINE_SECONDS, versions)

    return ask


def mirror_of(cast: Cast, verifier: End) -> Mirror:
    """Define the lab's mirror, with the CA file and the security level of one end."""
    identities = {end.name: end.identity for end in (cast.client, cast.server)}
    members = tuple(
        Member(name, Role.FAILOVER, identity.dn) for name, identity in identities.items() if identity
    )
    suites, _ = expand_cipher_suites(POLICY_SUITES)
    return Mirror("LAB", True, members, Policy(cipher_suites=suites), load_pem_certificates(verifier.ca_pem))
