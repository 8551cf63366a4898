"""What the tests of the lab share: one authority, one healthy cast, one listening stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzers.mirror.definition import Channel
from probe.lab.authority import Authority
from probe.lab.cast import Cast
from probe.lab.stand_in import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def issuing() -> Authority:
    """The lab's issuing authority."""
    return Authority.create()


@pytest.fixture(scope="session")
def cast(issuing: Authority) -> Cast:
    """IRISA that dials and IRISB that answers, both faultless."""
    return Cast.healthy(issuing)


@pytest.fixture
def stand_in(cast: Cast) -> Iterator[StandIn]:
    """The agent of IRISB, listening."""
    with StandIn(cast.server, Channel.AGENT) as listening:
        yield listening
