"""A check comes to the verdict that the fault's own row in the lab's table says, from the client's end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Party
from analyzers.mirror.definition import Channel
from probe.checks.asking import Asking
from probe.lab.ends import Manner
from probe.lab.faults import FAULTS, Fault
from probe.lab.stand_in import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.account import Witnessed
    from probe.checks.asking import Question
    from probe.lab.cast import Cast

BEHAVES = {"client-plaintext", "both-plaintext", "client-closes-midway", "client-resets-midway"}
"""What a check never does."""

OFFERS_LESS = {"client-no-common-cipher", "client-no-common-group", "client-falls-back"}
"""Settings of a client that a check does not take over: it offers what the vendor's defaults are."""

CANNOT_LOAD = {"client-key-mismatch"}

OUT_OF_SIGHT = {"server-revocation-list-expired", "server-revocation-list-missing"}
"""The reason lies in the server's own files, and its alert leaves several."""

NORMALIZED_PERHAPS = {"server-dn-other-spacing"}
"""The lab's member compares names exactly; whether IRIS does is not public, so a check does not turn the server down."""

NO_ROOT = {"vendor-key-usage", "vendor-extended-key-usage", "certificate-expires-soon", "chain-out-of-order"}
"""Reported, and no root cause."""

SKIPPED = BEHAVES | OFFERS_LESS | CANNOT_LOAD | OUT_OF_SIGHT | NORMALIZED_PERHAPS

PLAYED = [
    (fault, version) for fault in FAULTS.values() if fault.name not in SKIPPED for version in fault.versions
]

FAILING = [
    pytest.param(fault, version, id=f"{fault.name}-{version:#06x}")
    for fault, version in PLAYED
    if fault.fails
]


def test_every_server_fault_is_played() -> None:
    """Of the faults of servers none is left out but those of which the wire does not tell the reason."""
    left_out = {fault.name for fault in FAULTS.values() if fault.faulty is Party.SERVER} & SKIPPED
    assert left_out == OUT_OF_SIGHT | NORMALIZED_PERHAPS | {"both-plaintext"}


async def asked(fault: Fault, version: int, cast: Cast, question: Callable[..., Question]) -> Witnessed:
    """Ask a server with this fault, or with a client that has it."""
    played = fault.arrange(cast).limited_to(version)
    with StandIn(cast.server, Channel.AGENT) as server:
        server.become(played.server)
        return await Asking(question(server.address, played)).ask("id", "check")


@pytest.mark.parametrize(("fault", "version"), FAILING)
async def test_verdict(fault: Fault, version: int, cast: Cast, question: Callable[..., Question]) -> None:
    """The root cause, who refused, and with which alert, are those of the row."""
    account = await asked(fault, version, cast, question)
    assert account.has_failed
    assert account.verdict.root_cause == fault.expects
    if fault.refused_by is None:
        return
    assert account.verdict.refused_by is fault.refused_by
    tls, alert = account.connection.tls, fault.alert_in(version)
    assert tls is not None
    sent = [one.code for one in tls.alerts if one.sender is fault.refused_by and not one.is_closure]
    assert sent == ([] if alert is None else [alert])


async def test_rules_that_are_broken_without_a_failure(cast: Cast, question: Callable[..., Question]) -> None:
    """What works and breaks a rule is reported as the row says, and counts as working."""
    played = [(fault, version) for fault, version in PLAYED if not fault.fails]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(asked(fault, version, cast, question)) for fault, version in played]
    accounts = [task.result() for task in tasks]
    assert [account.has_failed for account in accounts] == [False] * len(played)
    for (fault, _), account in zip(played, accounts, strict=True):
        assert fault.expects in {finding.id for finding in account.verdict.findings}
        assert account.verdict.root_cause == (None if fault.expects in NO_ROOT else fault.expects)


@pytest.mark.parametrize("name", sorted(OUT_OF_SIGHT))
async def test_reason_out_of_sight(name: str, cast: Cast, question: Callable[..., Question]) -> None:
    """Where the reason lies in the server's files there is no verdict, and the truth is among what may be."""
    played = FAULTS[name].arrange(cast)
    with StandIn(played.server, Channel.AGENT) as server:
        account = await Asking(question(server.address, played)).ask("id", "check")
    assert account.verdict.root_cause is None
    assert account.verdict.refused_by is Party.SERVER
    assert FAULTS[name].expects in {finding.id for finding in account.verdict.findings}


async def test_name_that_is_nearly_listed(cast: Cast, question: Callable[..., Question]) -> None:
    """A server whose name differs in form only is named as the cause to look at, and is not turned down."""
    played = FAULTS["server-dn-other-spacing"].arrange(cast)
    with StandIn(played.server, Channel.AGENT) as server:
        account = await Asking(question(server.address, played)).ask("id", "check")
    assert account.verdict.root_cause == "dn-near-miss"
    assert account.verdict.refused_by is None


@pytest.mark.parametrize("version", [0x0303, 0x0304])
async def test_healthy(version: int, cast: Cast, question: Callable[..., Question]) -> None:
    """Between healthy members nothing is found, and both are named; no byte of data was sent."""
    played = cast.limited_to(version)
    with StandIn(played.server, Channel.AGENT) as server:
        account = await Asking(question(server.address, played)).ask("id", "check")
        told = server.next_account(5)
    assert not account.has_failed
    assert account.root is None
    assert account.verdict.findings == ()
    assert {status.value for status in account.checks.values()} == {"pass"}
    assert (account.client_member, account.server_member) == ("IRISA", "IRISB")
    assert account.connection.client_application_bytes == 0
    assert account.handshake_seconds is not None
    assert told is not None
    assert (told.is_complete, told.answer, told.received_alerts) == (True, b"", (0,))


async def test_absent_manner_is_left_as_it_was(cast: Cast, question: Callable[..., Question]) -> None:
    """An agent that was stopped and started again is down, then up, for one and the same question."""
    with StandIn(cast.server, Channel.AGENT) as server:
        asking = Asking(question(server.address))
        server.become(FAULTS["server-absent"].arrange(cast).server)
        assert server.end.manner is Manner.ABSENT
        down = await asking.ask("1", "check")
        server.become(cast.server)
        up = await asking.ask("2", "check")
    assert (down.outcome, up.outcome) == ("refused", "established")
    assert down.client_member == "IRISA"
