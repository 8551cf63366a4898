"""The mirror in a box: three members that all talk to each other, and faults that leave no trace."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from analyzers.mirror.definition import Channel, Role
from probe.lab.box import Box
from probe.lab.cast import MEMBERS
from probe.lab.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.lab.authority import Authority


@pytest.fixture(scope="module")
def box(issuing: Authority) -> Iterator[Box]:
    """A running mirror."""
    with Box(issuing, patience=1.0) as running:
        yield running


@pytest.mark.parametrize("channel", [Channel.AGENT, Channel.SUPERSERVER])
@pytest.mark.parametrize(("caller", "called"), list(permutations(MEMBERS, 2)))
def test_every_member_reaches_every_other(box: Box, caller: str, called: str, channel: Channel) -> None:
    """Each ordered pair of members completes mutual TLS on each channel."""
    played = box.play(box.cast(caller, called), channel)
    assert played.client.answer == f"MIRRORPROBE-LAB OK {channel} of {called}\n".encode()


def test_members_have_roles_and_addresses_of_their_own(box: Box) -> None:
    """Two members are failover members and one is async, and each listens on its own address."""
    assert [member.role for member in box.members.values()] == [Role.FAILOVER, Role.FAILOVER, Role.ASYNC]
    assert len({member.agent.address[0] for member in box.members.values()}) == 3


@pytest.mark.parametrize("name", ["server-expired", "server-absent", "client-no-certificate"])
def test_after_a_fault_the_mirror_is_healthy(box: Box, name: str) -> None:
    """One connection has the fault, the next one does not."""
    assert not box.play_fault(FAULTS[name]).client.answer
    assert box.play(box.cast()).client.answer.startswith(b"MIRRORPROBE-LAB OK")


def test_a_mirror_with_the_preamble(issuing: Authority) -> None:
    """With the plaintext preamble every member still reaches another."""
    with Box(issuing, preamble=True, patience=1.0) as running:
        assert running.play(running.cast()).client.answer.startswith(b"MIRRORPROBE-LAB OK")


def test_a_mirror_whose_address_is_taken_starts_nothing(issuing: Authority, box: Box) -> None:
    """If one address is in use, no service of the second mirror stays behind."""
    host, port = box.members["IRISC"].superserver.address
    with pytest.raises(OSError, match="in use"), Box(issuing, superserver_port=port):
        pass
    assert host == "127.0.0.13"
    assert box.play(box.cast()).client.answer.startswith(b"MIRRORPROBE-LAB OK")
