"""The state of a pair is that of its last attempt, and only what can be laid to the pair changes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import (
    Endpoint,
    NetworkError,
    NetworkErrorKind,
    Outcome,
    Party,
    Preamble,
)
from analyzers.diagnosis.engine import diagnose
from probe.account import Witnessed
from probe.pairs import Pairs, is_usable
from tests.probe.accounts import mirror, recorded, told

if TYPE_CHECKING:
    from analyzers.connection import Connection

HEALTHY, REFUSED = "healthy-tls12", "client-eku-server-only-tls12"


def timed_out(name: str, kind: NetworkErrorKind) -> Connection:
    """Give a connection on which a deadline passed before TLS began."""
    error = NetworkError(kind, "made for the test", Party.SERVER, 5.0)
    return replace(recorded(name), outcome=Outcome.TIMEOUT, tls=None, events=(), network_error=error)


def states(*accounts: Witnessed) -> dict[tuple[str, str, str], bool]:
    """Give the state of every pair after some connections."""
    pairs = Pairs(mirror())
    for account in accounts:
        pairs.see(account)
    return {pair.key: pair.up for pair in pairs}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("healthy-tls12", True),
        ("healthy-tls13", True),
        ("healthy-preamble-tls13", True),
        ("both-plaintext-tls13", True),
        ("server-protocol-below-policy-tls12", True),
        ("client-eku-server-only-tls12", False),
        ("server-expired-tls13", False),
        ("client-dn-not-listed-tls12", False),
        ("client-dn-not-listed-tls13", False),
        ("client-plaintext-tls13", False),
        ("client-resets-midway-tls12", False),
    ],
)
def test_what_was_seen_decides(name: str, expected: bool) -> None:
    """A pair is up when its members could use the connection, whatever the policy says, and else down."""
    assert states(told(name)) == {("IRISA", "IRISB", "agent"): expected}


@pytest.mark.parametrize(
    "connection",
    [
        replace(recorded(HEALTHY), outcome=Outcome.NO_DATA, tls=None, events=(), preamble=Preamble()),
        replace(recorded(HEALTHY), outcome=Outcome.INCOMPLETE),
        replace(recorded("both-plaintext-tls13"), preamble=Preamble(client_bytes=10)),
        timed_out(HEALTHY, NetworkErrorKind.HANDSHAKE_TIMEOUT),
        recorded("client-key-mismatch-tls13"),
    ],
    ids=["no byte", "a part is missing", "one direction", "never began", "silence and an alert"],
)
@pytest.mark.parametrize("before", [HEALTHY, REFUSED])
def test_what_is_nobodys_fault_changes_nothing(connection: Connection, before: str) -> None:
    """Port scans, holes in captures and silence leave a pair as it was, up or down."""
    assert is_usable(told(connection)) is None
    assert states(told(connection, lasted=(2.0, 3.0))) == {}
    assert states(told(before, lasted=(1.0, 1.5)), told(connection, lasted=(2.0, 3.0))) == states(
        told(before)
    )


@pytest.mark.parametrize(
    "kind", [NetworkErrorKind.TIMEOUT, NetworkErrorKind.UNREACHABLE, NetworkErrorKind.NAME]
)
def test_tcp_that_does_not_open_is_down(kind: NetworkErrorKind) -> None:
    """A member that cannot reach the other one is as cut off as one that is refused."""
    assert is_usable(told(timed_out(HEALTHY, kind))) is False


def test_server_that_leaves_at_once_is_told_as_what_it_may_be() -> None:
    """Without secrets nobody is said to have refused: the row says what the close may mean, and names no root cause."""
    pairs = Pairs(mirror())
    pairs.see(told("client-dn-not-listed-tls13"))
    (row,) = pairs.rows()
    assert (row["up"], row["outcome"], row["refused_by"], row["root_cause"]) == (
        False, "established", None, None,
    )  # fmt: skip
    assert row["summary"] == "IRISB (server) may not list the distinguished name of IRISA (client)"


@pytest.mark.parametrize("earlier", [(), (HEALTHY,), (REFUSED,)])
def test_client_that_leaves_at_once_changes_nothing(earlier: tuple[str, ...]) -> None:
    """A health check ends so, as well as a client that refuses the server's name."""
    before = states(*(told(name, lasted=(1.0, 2.0)) for name in earlier))
    seen = replace(recorded("server-dn-not-listed-tls12"), started=3.0, ended=4.0)
    verdict = diagnose(seen, None, at=recorded(HEALTHY).started)
    assert [finding.id for finding in verdict.findings] == ["dn-refused-by-peer"]
    members = replace(verdict, client_member="IRISA", server_member="IRISB")
    left = Witnessed("0a-one-2", "one", "sniff", seen, members, None)
    assert is_usable(left) is None
    assert states(*(told(name, lasted=(1.0, 2.0)) for name in earlier), left) == before


def test_the_last_attempt_counts() -> None:
    """A pair goes down and up again, and `since` is the first attempt of the state that lasts."""
    pairs = Pairs(mirror())
    seen = []
    for at, name in ((1.0, HEALTHY), (2.0, REFUSED), (3.0, REFUSED), (4.0, HEALTHY)):
        pairs.see(told(name, lasted=(at, at + 0.1), identifier=f"id-{at}"))
        (row,) = pairs.rows()
        seen.append((row["up"], row["since"], row["at"], row["connection"]))
    assert seen == [(True, 1, 1, "id-1.0"), (False, 2, 2, "id-2.0"), (False, 2, 3, "id-3.0"),
                    (True, 4, 4, "id-4.0")]  # fmt: skip


def test_one_that_lasted_does_not_hide_a_later_attempt() -> None:
    """A connection of last week that ends now says less than the one that was refused an hour ago."""
    refused, lasted = told(REFUSED, lasted=(50.0, 50.1)), told(HEALTHY, lasted=(1.0, 100.0))
    assert states(refused, lasted) == {("IRISA", "IRISB", "agent"): False}


def test_a_clock_that_is_set_back_does_not_freeze_a_state() -> None:
    """What ended before the last attempt began was timed by another clock, and counts."""
    assert states(told(REFUSED, lasted=(50.0, 50.1)), told(HEALTHY, lasted=(1.0, 2.0))) == {
        ("IRISA", "IRISB", "agent"): True
    }


def test_one_that_stood_and_is_refused_after_all_is_down() -> None:
    """The second account of the same connection replaces the first."""
    assert states(told(HEALTHY, lasted=(1.0, 3.0)), told(REFUSED, lasted=(1.0, 9.0))) == {
        ("IRISA", "IRISB", "agent"): False
    }


def test_checks_speak_until_the_members_do() -> None:
    """A check tells of a pair that nobody saw, and neither lifts nor drops one that the members made themselves."""
    key = ("IRISA", "IRISB", "agent")
    check = told(REFUSED, road="check", lasted=(5.0, 5.1))
    assert states(check) == {key: False}
    assert states(told(HEALTHY, lasted=(1.0, 1.1)), check) == {key: True}
    assert states(check, told(HEALTHY, lasted=(6.0, 6.1))) == {key: True}
    lifting = told(HEALTHY, road="check", lasted=(9.0, 9.1))
    assert states(told(REFUSED, lasted=(1.0, 1.1)), lifting) == {key: False}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("server-closes-first-tls13", None),
        ("server-silent-tls13", None),
        (HEALTHY, True),
        ("server-unknown-ca-tls12", False),
    ],
)
def test_a_check_that_is_not_answered_tells_nothing(name: str, expected: bool | None) -> None:
    """A server that closes on a bare ClientHello waits for a preamble; its certificate or alert is an answer."""
    assert is_usable(told(name, road="check")) is expected


def test_channels() -> None:
    """The channel is what the definition says of the server's address."""
    seen = recorded(HEALTHY)
    places = {"agent": 2188, "superserver": 1972, "other": 40000}
    for channel, port in places.items():
        elsewhere = replace(seen, server=Endpoint("127.0.0.12", port))
        assert states(told(elsewhere)) == {("IRISA", "IRISB", channel): True}


def test_strangers_make_no_pair() -> None:
    """Without a known member at either end there is no pair, nor with the same one at both."""
    seen = recorded("both-plaintext-tls13")
    stranger, itself = (replace(seen, client=Endpoint(address, 1)) for address in ("192.0.2.1", "127.0.0.12"))
    assert states(told(stranger), told(itself)) == {}


def test_removed_members_are_forgotten() -> None:
    """After a reload only pairs of members that are still there are kept."""
    pairs = Pairs(mirror())
    pairs.see(told(HEALTHY))
    pairs.reconfigure(mirror())
    assert len(pairs.rows()) == 1
    pairs.reconfigure(replace(mirror(), members=mirror().members[:1]))
    assert pairs.rows() == []


def test_rows_have_the_shape_of_the_api() -> None:
    """A row is plain data, with the names that the page reads."""
    pairs = Pairs(mirror())
    pairs.see(told(REFUSED, lasted=(1.0, 2.0)))
    (row,) = pairs.rows()
    assert row.pop("summary")
    assert row == {
        "from": "IRISA",
        "to": "IRISB",
        "channel": "agent",
        "up": False,
        "since": 1.0,
        "at": 1.0,
        "connection": "0a-one-1",
        "outcome": "failed",
        "refused_by": "server",
        "root_cause": "client-certificate-purpose",
    }
