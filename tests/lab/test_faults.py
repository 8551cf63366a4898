"""Every fault, played between two OpenSSL engines without a relay, looks as its row in the table says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Party
from probe.lab.ends import TLS_1_2, TLS_1_3, Account, Refusal
from probe.lab.faults import FAMILIES, FAULTS, Fault
from probe.lab.scenario import Played, play

if TYPE_CHECKING:
    from probe.lab.cast import Cast
    from probe.lab.stand_in import StandIn

PATIENCE_SECONDS = 0.5
"""A silent server is the only one that makes anybody wait so long."""

CASES = [
    pytest.param((fault, version), id=f"{fault.name}-{version:#06x}")
    for fault in FAULTS.values()
    for version in fault.versions
]

VERSION_NAMES = {TLS_1_2: {"TLSv1.1", "TLSv1.2"}, TLS_1_3: {"TLSv1.3"}}


def account_of(played: Played, party: Party) -> Account:
    """Give one end's account; an end that saw no connection has an empty one."""
    account = played.client if party is Party.CLIENT else played.server
    return Account() if account is None else account


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, cast: Cast, stand_in: StandIn) -> tuple[Fault, int, Played]:
    """One fault, played in one version."""
    fault, version = request.param
    return fault, version, play(fault.arrange(cast).limited_to(version), stand_in, patience=PATIENCE_SECONDS)


def test_a_fault_shows_as_its_row_says(case: tuple[Fault, int, Played]) -> None:
    """The named end and no other refuses, with the named alert, and the other end gets that alert."""
    fault, version, played = case
    turning_down = {Refusal.HANDSHAKE, Refusal.NAME}
    refusing = {party for party in Party if account_of(played, party).refusal in turning_down}
    assert ({fault.refused_by} - {None}) == refusing
    alert = fault.alert_in(version)
    if fault.refused_by is not None and alert is not None:
        assert account_of(played, fault.refused_by).sent_alerts == (alert,)
        assert account_of(played, fault.refused_by.other).received_alerts == (alert,)


def test_a_fault_fails_or_does_not_as_its_row_says(case: tuple[Fault, int, Played]) -> None:
    """The client gets an answer just where nothing is to fail, in the version that was asked for."""
    fault, version, played = case
    assert played.client.answer.startswith(b"MIRRORPROBE-LAB OK") is not fault.fails
    if not fault.fails and played.client.version is not None:
        assert played.client.version in VERSION_NAMES[version]


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_a_healthy_cast_talks(version: int, cast: Cast, stand_in: StandIn) -> None:
    """Without a fault both ends prove who they are, and the answer arrives."""
    played = play(cast.limited_to(version), stand_in, patience=PATIENCE_SECONDS)
    server = account_of(played, Party.SERVER)
    assert played.client.is_complete
    assert server.is_complete
    assert played.client.answer == b"MIRRORPROBE-LAB OK agent of IRISB\n"
    assert server.answer == b"MIRRORPROBE-LAB STATUS of agent\n"
    assert server.peer_chain is not None
    assert server.peer_chain[0].subject.rfc4514_string() == "CN=irisa.example.com/IRISA,O=Example,C=US"
    assert played.client.version in VERSION_NAMES[version]


def test_names_are_unique_and_say_who_is_at_fault() -> None:
    """No two faults share a name, and a name begins with the end whose files or settings are wrong."""
    listed = [fault for family in FAMILIES.values() for fault in family]
    assert len(listed) == len(FAULTS)
    for fault in listed:
        shown_by = fault.name.partition("-")[0]
        assert shown_by in {"client", "server", "both"}
        assert fault.story.endswith(".")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_arranging_leaves_the_healthy_cast_as_it_is(fault: Fault, cast: Cast) -> None:
    """A fault gives another cast, in which the end that is at fault or its verifier differs."""
    before = (cast.client, cast.server)
    arranged = fault.arrange(cast)
    assert (cast.client, cast.server) == before
    assert (arranged.client, arranged.server) != before


def test_the_table_covers_the_families_of_the_catalogue() -> None:
    """The families in which either end may be at fault are played from both."""
    for family in ("purpose", "validity", "trust", "identity", "mutual authentication", "transport"):
        assert {fault.faulty for fault in FAMILIES[family]} == set(Party)
